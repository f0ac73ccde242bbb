#include "engine/sqlite/errors.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "engine/breach.h"
#include "engine/sqlite/expr_parse.h"

/* "t.a, t.b" behind "UNIQUE constraint failed: ". */
static struct breach read_place(struct str s)
{
    struct breach p = {0};
    while (s.n && p.n < BREACH_COLUMNS_MAX) {
        size_t end = 0;
        while (end < s.n && !(s.p[end] == ',' && end + 1 < s.n && s.p[end + 1] == ' ')) {
            end++;
        }
        struct str one = {s.p, end};
        size_t dot = str_find(one, '.');
        if (dot < one.n) {
            p.table = (struct str){one.p, dot};
            p.columns[p.n++] = str_sub(one, dot + 1);
        }
        s = str_sub(s, end + 2);
    }
    return p;
}

static struct str behind_colon(const char *message)
{
    const char *colon = message ? strstr(message, "failed: ") : NULL;
    return colon ? str_of(colon + strlen("failed: ")) : (struct str){NULL, 0};
}

static enum errcode raise_unique(const char *message, struct error *err)
{
    struct str text = behind_colon(message);
    struct breach p = read_place(text);
    struct buf columns;
    buf_init(&columns, 1 << 16);
    breach_names(&columns, &p);
    if (p.n) {
        (void)ERROR(err, ERR_UNIQUE_VIOLATION, "the value of %s is there already",
                    buf_text(&columns));
    } else {
        (void)ERROR(err, ERR_UNIQUE_VIOLATION, "a value that must be unique is there already");
    }
    buf_release(&columns);
    if (err) {
        /* "index 'name'" for one over expressions */
        bool is_index = p.n == 0 && text.n > 8 && str_starts(text, STR("index '"));
        struct str name = is_index ? (struct str){text.p + 7, text.n - 8} : text;
        p.constraint = p.n ? (struct str){NULL, 0} : name;
        breach_tell(err, &p);
    }
    return ERR_UNIQUE_VIOLATION;
}

static enum errcode raise_not_null(const char *message, struct error *err)
{
    struct breach p = read_place(behind_colon(message));
    struct buf columns;
    buf_init(&columns, 1 << 16);
    breach_names(&columns, &p);
    (void)ERROR(err, ERR_NOT_NULL_VIOLATION, "%s needs a value",
                p.n ? buf_text(&columns) : "a column");
    buf_release(&columns);
    breach_tell(err, &p);
    return ERR_NOT_NULL_VIOLATION;
}

static const char *first_column(const struct expr *e)
{
    const char *found = e->kind == EXPR_COLUMN ? e->name : NULL;
    for (size_t i = 0; i < e->n_args && !found; i++) {
        found = first_column(e->args[i]);
    }
    return found;
}

/* SQLite gives the name of a check, or its text when it has none: then the column stands there. */
static enum errcode raise_check(const char *message, struct error *err)
{
    struct str name = behind_colon(message);
    struct breach p = {0};
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct expr *e = sqlite_expr_parse(a, name);
    const char *column = e->kind == EXPR_COLUMN ? NULL : first_column(e);
    if (column) {
        p.columns[p.n++] = str_of(column);
    }
    (void)ERROR(err, ERR_CHECK_VIOLATION, "a value breaks the check \"%.*s\"", (int)name.n,
                name.n ? name.p : "");
    p.constraint = name;
    breach_tell(err, &p);
    return ERR_CHECK_VIOLATION;
}

static enum errcode raise_constraint(int rc, const char *message, struct error *err)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return raise_unique(message, err);
    case SQLITE_CONSTRAINT_NOTNULL:
        return raise_not_null(message, err);
    case SQLITE_CONSTRAINT_CHECK:
        return raise_check(message, err);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return ERROR(err, ERR_FOREIGN_KEY_VIOLATION,
                     "a referenced row is missing, or rows still refer to this one");
    case SQLITE_CONSTRAINT_DATATYPE:
        return ERROR(err, ERR_INVALID_VALUE, "a value does not fit its column");
    case SQLITE_CONSTRAINT_TRIGGER:
        return ERROR(err, ERR_CHECK_VIOLATION, "a trigger refused: %s", message ? message : "");
    default:
        return ERROR(err, ERR_CONFLICT, "a constraint failed: %s", message ? message : "");
    }
}

/* A statement made for a schema that is not there any more. */
static bool is_outdated(int rc, const char *message)
{
    static const char *const starts[] = {"no such table", "no such column"};
    bool outdated = (rc & 0xff) == SQLITE_SCHEMA;
    for (size_t i = 0; rc == SQLITE_ERROR && message && i < ARRAY_LEN(starts); i++) {
        outdated = outdated || strncmp(message, starts[i], strlen(starts[i])) == 0;
    }
    return outdated || (rc == SQLITE_ERROR && message && strstr(message, "has no column named"));
}

/* ALTER TABLE … ADD COLUMN tells what its own rows break as a plain error. */
static enum errcode raise_broken_rows(int rc, const char *message, struct error *err)
{
    static const struct {
        const char *start;
        enum errcode code;
        const char *message;
    } rows[] = {
        {"CHECK constraint failed", ERR_CHECK_VIOLATION, "rows that are there break a check"},
        {"NOT NULL constraint failed", ERR_NOT_NULL_VIOLATION,
         "rows that are there have no value for a required column"},
        {"Cannot add a NOT NULL column", ERR_NOT_NULL_VIOLATION,
         "rows that are there have no value for a required column"},
    };
    for (size_t i = 0; rc == SQLITE_ERROR && message && i < ARRAY_LEN(rows); i++) {
        if (strncmp(message, rows[i].start, strlen(rows[i].start)) == 0) {
            return ERROR(err, rows[i].code, "%s", rows[i].message);
        }
    }
    return ERR_OK;
}

/* What another text of the schema or the client's own engine text makes impossible. */
static enum errcode raise_refused_text(int rc, const char *message, struct error *err)
{
    static const char *const others[] = {"error in view ", "error in trigger ", "error in index ",
                                         "error in table "};
    static const char *const own[] = {
        "non-deterministic ",
        "subqueries prohibited",
        "no such function",
        "unsafe use of ",
        "default value of column ",
        "misuse of ",
        "wrong number of arguments",
        "near \"",
        "unrecognized token",
        "incomplete input",
        "the \".\" operator prohibited",
        "parameters prohibited",
        "Expression tree is too large",
        "no such collation sequence",
        "row value misused",
        "aggregate functions prohibited",
        "window functions prohibited",
        "RAISE() may only",
        "generated column loop",
        "not authorized",
        "parser stack overflow",
        "sub-select returns",
        "second argument to ",
        "string concatenation too big",
    };
    for (size_t i = 0; rc == SQLITE_ERROR && message && i < ARRAY_LEN(others); i++) {
        if (strncmp(message, others[i], strlen(others[i])) == 0) {
            return ERROR(err, ERR_CONFLICT, "another part of the schema is in the way: %s",
                         message);
        }
    }
    for (size_t i = 0; rc == SQLITE_ERROR && message && i < ARRAY_LEN(own); i++) {
        if (strncmp(message, own[i], strlen(own[i])) == 0) {
            return ERROR(err, ERR_INVALID, "SQLite refuses the text: %s", message);
        }
    }
    return ERR_OK;
}

enum errcode sqlite_error(sqlite3 *db, int rc, const char *doing, struct error *err)
{
    static const struct {
        int rc;
        enum errcode code;
        const char *message;
    } rows[] = {
        {SQLITE_BUSY, ERR_BUSY, "the database is locked by another process"},
        {SQLITE_LOCKED, ERR_BUSY, "the table is locked"},
        {SQLITE_FULL, ERR_DISK_FULL, "no room left on the disk"},
        {SQLITE_CORRUPT, ERR_CORRUPT, "the database file is damaged"},
        {SQLITE_NOTADB, ERR_CORRUPT, "the file is not a database"},
        {SQLITE_INTERRUPT, ERR_CANCELLED, "the statement was ended"},
        {SQLITE_TOOBIG, ERR_TOO_LARGE, "a value is over the size limit"},
        {SQLITE_READONLY, ERR_FORBIDDEN, "the database is read-only"},
        {SQLITE_CANTOPEN, ERR_UNAVAILABLE, "the database file cannot be opened"},
        {SQLITE_IOERR, ERR_IO, "reading or writing the database file failed"},
        {SQLITE_MISMATCH, ERR_INVALID_VALUE, "a value does not fit its column"},
        {SQLITE_RANGE, ERR_INTERNAL, "a parameter is out of range"},
    };
    const char *message = db ? sqlite3_errmsg(db) : NULL;
    int extended = db ? sqlite3_extended_errcode(db) : rc;
    if ((extended & 0xff) != (rc & 0xff)) {
        extended = rc;
    }
    enum errcode code = ERR_OK;
    if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        code = raise_constraint(extended, message, err);
    }
    for (size_t i = 0; code == ERR_OK && i < ARRAY_LEN(rows); i++) {
        if ((rc & 0xff) == rows[i].rc) {
            code = ERROR(err, rows[i].code, "%s", rows[i].message);
        }
    }
    if (code == ERR_OK) {
        code = raise_broken_rows(rc, message, err);
    }
    if (code == ERR_OK) {
        code = raise_refused_text(rc, message, err);
    }
    if (code == ERR_OK && is_outdated(rc, message)) {
        code = ERROR(err, ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile");
    }
    if (code == ERR_OK) {
        code = ERROR(err, ERR_INTERNAL, "%s failed", doing);
    }
    if (err) {
        err->engine_code = extended;
        (void)error_detail(err, "%s: %s", doing, message ? message : sqlite3_errstr(rc));
    }
    return code;
}
