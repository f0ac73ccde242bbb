#include "engine/mariadb/errors.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include "base/attr.h"
#include "base/buf.h"
#include "engine/breach.h"
#include "engine/mariadb/core.h"

/* MySQL's own numbers, where MariaDB's header has others or none. */
#define MYSQL_CHECK_VIOLATED 3819
#define MYSQL_TIMEOUT        3024
#define MYSQL_INVALID_JSON   3140
#define MARIADB_RECORD_MOVED 1020
#define MARIADB_CHECK_FAILED 4025

/* What stands between the first @open behind *@at and the next @close; *@at moves behind it. */
static struct str take_between(const char **at, char open, char close)
{
    const char *from = strchr(*at, open);
    const char *to = from ? strchr(from + 1, close) : NULL;
    if (!to) {
        return (struct str){NULL, 0};
    }
    *at = to + 1;
    return (struct str){from + 1, (size_t)(to - from - 1)};
}

static const char *behind(const char *message, const char *words)
{
    const char *at = strstr(message, words);
    return at ? at + strlen(words) : NULL;
}

/* "Duplicate entry '7' for key 'name'"; the value may hold anything, so from the end. */
static struct breach read_unique(const char *message)
{
    struct breach p = {0};
    const char *at = NULL;
    for (const char *next = message; (next = behind(next, " for key '"));) {
        at = next;
    }
    if (at) {
        p.constraint = (struct str){at, strlen(at)};
        p.constraint.n -= p.constraint.n && at[p.constraint.n - 1] == '\'';
        size_t dot = str_find(p.constraint, '.'); /* MySQL: table.key */
        p.constraint = dot < p.constraint.n ? str_sub(p.constraint, dot + 1) : p.constraint;
    }
    return p;
}

static enum errcode raise_unique(const char *message, struct error *err)
{
    struct breach p = read_unique(message);
    (void)ERROR(err, ERR_UNIQUE_VIOLATION, "a value that must be unique is there already");
    breach_tell(err, &p);
    return ERR_UNIQUE_VIOLATION;
}

/* "… fails (`db`.`child`, CONSTRAINT `fk` FOREIGN KEY (`col`) REFERENCES `parent` (`id`))" */
static struct breach read_foreign_key(const char *message, struct str *parent, struct str *first)
{
    struct breach p = {0};
    const char *at = strchr(message, '(');
    if (!at) {
        return p;
    }
    (void)take_between(&at, '`', '`');
    p.table = take_between(&at, '`', '`');
    p.constraint = take_between(&at, '`', '`');
    const char *list = behind(at, "FOREIGN KEY (");
    const char *end = list ? strchr(list, ')') : NULL;
    while (end && list < end && p.n < BREACH_COLUMNS_MAX) {
        struct str name = take_between(&list, '`', '`');
        if (!name.p || name.p > end) {
            break;
        }
        p.columns[p.n++] = name;
    }
    at = end ? behind(end, "REFERENCES ") : NULL;
    if (at) {
        *parent = take_between(&at, '`', '`');
        *first = take_between(&at, '`', '`');
    }
    return p;
}

static enum errcode raise_missing_parent(const char *message, struct error *err)
{
    struct str parent = {NULL, 0};
    struct str first = {NULL, 0};
    struct breach p = read_foreign_key(message, &parent, &first);
    if (parent.n && first.n) {
        (void)ERROR(err, ERR_FOREIGN_KEY_VIOLATION, "no row of \"%.*s\" has this \"%.*s\"",
                    (int)parent.n, parent.p, (int)first.n, first.p);
    } else {
        (void)ERROR(err, ERR_FOREIGN_KEY_VIOLATION, "a referenced row is missing");
    }
    breach_tell(err, &p);
    return ERR_FOREIGN_KEY_VIOLATION;
}

static enum errcode raise_children(const char *message, struct error *err)
{
    struct str parent = {NULL, 0};
    struct str first = {NULL, 0};
    struct breach p = read_foreign_key(message, &parent, &first);
    (void)ERROR(err, ERR_FOREIGN_KEY_VIOLATION, "rows of other tables still refer to this one");
    if (err) {
        p.n = 0; /* the columns are the other table's: nothing of this row is wrong */
        breach_tell(err, &p);
    }
    return ERR_FOREIGN_KEY_VIOLATION;
}

/* "Column 'a' cannot be null", "Field 'a' doesn't have a default value" */
static enum errcode raise_not_null(const char *message, struct error *err)
{
    struct breach p = {0};
    p.columns[0] = take_between(&message, '\'', '\'');
    p.n = p.columns[0].n ? 1 : 0;
    if (p.n) {
        (void)ERROR(err, ERR_NOT_NULL_VIOLATION, "\"%.*s\" needs a value", (int)p.columns[0].n,
                    p.columns[0].p);
    } else {
        (void)ERROR(err, ERR_NOT_NULL_VIOLATION, "a column needs a value");
    }
    breach_tell(err, &p);
    return ERR_NOT_NULL_VIOLATION;
}

/* "CONSTRAINT `name` failed for `db`.`t`": one written beside a column is called `t.column`;
 * MySQL: "Check constraint 'name' is violated." */
static struct breach read_check(const char *message)
{
    struct breach p = {0};
    char quote = strchr(message, '`') ? '`' : '\'';
    p.constraint = take_between(&message, quote, quote);
    (void)take_between(&message, quote, quote);
    p.table = take_between(&message, quote, quote);
    size_t dot = p.table.n;
    if (p.table.n && str_starts(p.constraint, p.table) && dot < p.constraint.n &&
        p.constraint.p[dot] == '.') {
        p.constraint = str_sub(p.constraint, dot + 1);
        p.columns[p.n++] = p.constraint;
    }
    return p;
}

static enum errcode raise_check(const char *message, struct error *err)
{
    struct breach p = read_check(message);
    (void)ERROR(err, ERR_CHECK_VIOLATION, "a value breaks the check \"%.*s\"", (int)p.constraint.n,
                p.constraint.n ? p.constraint.p : "");
    breach_tell(err, &p);
    return ERR_CHECK_VIOLATION;
}

/* "Out of range value for column 'a' at row 1", "Incorrect integer value: 'x' for column
 * `db`.`t`.`a` at row 1" */
static enum errcode raise_value(const char *message, struct error *err)
{
    struct breach p = {0};
    const char *at = NULL;
    for (const char *next = message; (next = behind(next, " for column "));) {
        at = next;
    }
    while (at && (*at == '`' || *at == '\'')) {
        p.columns[0] = take_between(&at, *at, *at);
        at += *at == '.';
    }
    p.n = p.columns[0].n ? 1 : 0;
    (void)ERROR(err, ERR_INVALID_VALUE, "a value does not fit its column");
    if (p.n) {
        (void)ERROR(err, ERR_INVALID_VALUE, "the value does not fit \"%.*s\"", (int)p.columns[0].n,
                    p.columns[0].p);
    }
    breach_tell(err, &p);
    return ERR_INVALID_VALUE;
}

static enum errcode raise_signal(const char *message, struct error *err)
{
    return ERROR(err, ERR_CHECK_VIOLATION, "a trigger refused: %s", message);
}

static enum errcode raise_text(const char *message, struct error *err)
{
    return ERROR(err, ERR_INVALID, "MariaDB refuses the text: %s", message);
}

/* The engine's own number stands in the text: 28 is a full disk. */
static enum errcode raise_engine(const char *message, struct error *err)
{
    bool is_full = strstr(message, "rror 28 ") || strstr(message, "errno: 28") ||
                   strstr(message, "No space left");
    return is_full ? ERROR(err, ERR_DISK_FULL, "no room left on the disk")
                   : ERROR(err, ERR_IO, "reading or writing the table failed");
}

typedef enum errcode raise_fn(const char *message, struct error *err);

static const struct row {
    unsigned number;
    enum errcode code;
    const char *message; /* or */
    raise_fn *raise;
} rows[] = {
    {ER_DUP_ENTRY, ERR_UNIQUE_VIOLATION, NULL, raise_unique},
    {ER_DUP_ENTRY_WITH_KEY_NAME, ERR_UNIQUE_VIOLATION, NULL, raise_unique},
    {ER_DUP_UNIQUE, ERR_UNIQUE_VIOLATION, NULL, raise_unique},
    {ER_ROW_IS_REFERENCED, ERR_FOREIGN_KEY_VIOLATION, NULL, raise_children},
    {ER_ROW_IS_REFERENCED_2, ERR_FOREIGN_KEY_VIOLATION, NULL, raise_children},
    {ER_NO_REFERENCED_ROW, ERR_FOREIGN_KEY_VIOLATION, NULL, raise_missing_parent},
    {ER_NO_REFERENCED_ROW_2, ERR_FOREIGN_KEY_VIOLATION, NULL, raise_missing_parent},
    {ER_BAD_NULL_ERROR, ERR_NOT_NULL_VIOLATION, NULL, raise_not_null},
    {ER_NO_DEFAULT_FOR_FIELD, ERR_NOT_NULL_VIOLATION, NULL, raise_not_null},
    {ER_WARN_NULL_TO_NOTNULL, ERR_NOT_NULL_VIOLATION, NULL, raise_not_null},
    {MARIADB_CHECK_FAILED, ERR_CHECK_VIOLATION, NULL, raise_check},
    {MYSQL_CHECK_VIOLATED, ERR_CHECK_VIOLATION, NULL, raise_check},
    {ER_DATA_TOO_LONG, ERR_INVALID_VALUE, NULL, raise_value},
    {ER_WARN_DATA_OUT_OF_RANGE, ERR_INVALID_VALUE, NULL, raise_value},
    {WARN_DATA_TRUNCATED, ERR_INVALID_VALUE, NULL, raise_value},
    {ER_TRUNCATED_WRONG_VALUE, ERR_INVALID_VALUE, NULL, raise_value},
    {ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ERR_INVALID_VALUE, NULL, raise_value},
    {ER_WRONG_VALUE, ERR_INVALID_VALUE, NULL, raise_value},
    {ER_DATA_OUT_OF_RANGE, ERR_INVALID_VALUE, NULL, raise_value},
    {ER_DATETIME_FUNCTION_OVERFLOW, ERR_INVALID_VALUE, NULL, raise_value},
    {ER_DIVISION_BY_ZERO, ERR_INVALID_VALUE, NULL, raise_value},
    {MYSQL_INVALID_JSON, ERR_INVALID_VALUE, NULL, raise_value},
    {ER_SIGNAL_EXCEPTION, ERR_CHECK_VIOLATION, NULL, raise_signal},
    {ER_LOCK_DEADLOCK, ERR_BUSY, "another write was in the way", NULL},
    {ER_LOCK_WAIT_TIMEOUT, ERR_BUSY, "a lock was not free in time", NULL},
    {MARIADB_RECORD_MOVED, ERR_BUSY, "another write was in the way", NULL},
    {ER_TABLE_DEF_CHANGED, ERR_BUSY, "the structure of the table changed meanwhile", NULL},
    {ER_STATEMENT_TIMEOUT, ERR_TIMEOUT, "the statement took too long", NULL},
    {MYSQL_TIMEOUT, ERR_TIMEOUT, "the statement took too long", NULL},
    {ER_QUERY_INTERRUPTED, ERR_UNAVAILABLE, "the database ended the statement", NULL},
    {ER_CON_COUNT_ERROR, ERR_UNAVAILABLE, "the database has no connection free", NULL},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, ERR_UNAVAILABLE,
     "the database has no room for one more statement", NULL},
    {ER_NO_SUCH_TABLE, ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile", NULL},
    {ER_BAD_FIELD_ERROR, ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile", NULL},
    {ER_NEED_REPREPARE, ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile", NULL},
    {ER_BAD_DB_ERROR, ERR_NOT_FOUND, "the namespace is not there", NULL},
    {ER_DB_DROP_EXISTS, ERR_NOT_FOUND, "the namespace is not there", NULL},
    {ER_ACCESS_DENIED_ERROR, ERR_FORBIDDEN, "the database does not let this user do it", NULL},
    {ER_DBACCESS_DENIED_ERROR, ERR_FORBIDDEN, "the database does not let this user do it", NULL},
    {ER_TABLEACCESS_DENIED_ERROR, ERR_FORBIDDEN, "the database does not let this user do it", NULL},
    {ER_COLUMNACCESS_DENIED_ERROR, ERR_FORBIDDEN, "the database does not let this user do it",
     NULL},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, ERR_FORBIDDEN, "the database does not let this user do it",
     NULL},
    {ER_OPTION_PREVENTS_STATEMENT, ERR_FORBIDDEN, "the database is read-only", NULL},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ERR_FORBIDDEN, "the database is read-only", NULL},
    {ER_NON_UPDATABLE_TABLE, ERR_FORBIDDEN, "the view cannot be written", NULL},
    {ER_NON_INSERTABLE_TABLE, ERR_FORBIDDEN, "the view cannot be written", NULL},
    {ER_VIEW_CHECK_FAILED, ERR_CHECK_VIOLATION, "the row would not be in the view", NULL},
    {ER_VIEW_INVALID, ERR_CONFLICT, "the view cannot be read: what it reads is not there", NULL},
    {ER_TABLE_EXISTS_ERROR, ERR_CONFLICT, "a table with this name is there already", NULL},
    {ER_DUP_FIELDNAME, ERR_CONFLICT, "a column with this name is there already", NULL},
    {ER_DUP_KEYNAME, ERR_CONFLICT, "an index with this name is there already", NULL},
    {ER_NET_PACKET_TOO_LARGE, ERR_TOO_LARGE, "a value is over the size limit", NULL},
    {ER_WARN_ALLOWED_PACKET_OVERFLOWED, ERR_TOO_LARGE, "a value is over the size limit", NULL},
    {ER_RECORD_FILE_FULL, ERR_DISK_FULL, "no room left for the table", NULL},
    {ER_DISK_FULL, ERR_DISK_FULL, "no room left on the disk", NULL},
    {ER_GET_ERRNO, ERR_IO, NULL, raise_engine},
    {ER_ERROR_ON_WRITE, ERR_IO, NULL, raise_engine},
    {ER_CRASHED_ON_USAGE, ERR_CORRUPT, "a table of the database is damaged", NULL},
    {ER_NOT_KEYFILE, ERR_CORRUPT, "a table of the database is damaged", NULL},
    {ER_GENERATED_COLUMN_FUNCTION_IS_NOT_ALLOWED, ERR_INVALID, NULL, raise_text},
    {ER_INVALID_GROUP_FUNC_USE, ERR_INVALID, NULL, raise_text},
    {ER_UNKNOWN_COLLATION, ERR_INVALID, NULL, raise_text},
    {ER_UNKNOWN_DATA_TYPE, ERR_INVALID, NULL, raise_text},
    {ER_WRONG_SUB_KEY, ERR_INVALID, NULL, raise_text},
    {ER_TOO_MANY_FIELDS, ERR_INVALID, NULL, raise_text},
    {ER_CANT_CREATE_TABLE, ERR_INVALID, NULL, raise_text},
    {ER_CANT_AGGREGATE_2COLLATIONS, ERR_INVALID, NULL, raise_text},
    {ER_CANT_DROP_FIELD_OR_KEY, ERR_CONFLICT, "what should be dropped is not there", NULL},
};

static bool is_gone(unsigned number)
{
    static const unsigned numbers[] = {
        CR_SERVER_GONE_ERROR,  CR_SERVER_LOST,           CR_SERVER_LOST_EXTENDED,
        CR_MALFORMED_PACKET,   CR_COMMANDS_OUT_OF_SYNC,  ER_CONNECTION_KILLED,
        ER_SERVER_SHUTDOWN,    ER_NET_READ_ERROR,        ER_NET_READ_INTERRUPTED,
        ER_NET_ERROR_ON_WRITE, ER_NET_WRITE_INTERRUPTED, ER_NEW_ABORTING_CONNECTION,
        ER_NORMAL_SHUTDOWN,
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (numbers[i] == number) {
            return true;
        }
    }
    return false;
}

static enum errcode raise_gone(struct my_conn *c, unsigned number, const char *message,
                               struct error *err)
{
    c->is_broken = true;
    if (c->ended == ERR_CANCELLED) {
        return ERROR(err, ERR_CANCELLED, "the work was cancelled");
    }
    (void)ERROR(err, ERR_UNAVAILABLE, "the database does not answer");
    if (err) {
        err->engine_code = (int)number;
        (void)error_detail(err, "%s", message);
    }
    return ERR_UNAVAILABLE;
}

/* The server rolled the whole transaction back, or a part that nobody knows of. */
static bool ends_transaction(unsigned number)
{
    return number == ER_LOCK_DEADLOCK || number == ER_LOCK_WAIT_TIMEOUT ||
           number == MARIADB_RECORD_MOVED;
}

/* Class 42 of the states is "syntax error or access rule violation". */
static enum errcode raise_number(unsigned number, const char *state, const char *message,
                                 const char *doing, struct error *err)
{
    const struct row *row = rows;
    while (row < rows + ARRAY_LEN(rows) && row->number != number) {
        row++;
    }
    if (row == rows + ARRAY_LEN(rows)) {
        return strncmp(state, "42", 2) == 0 ? raise_text(message, err)
                                            : ERROR(err, ERR_INTERNAL, "%s failed", doing);
    }
    return row->raise ? row->raise(message, err) : ERROR(err, row->code, "%s", row->message);
}

enum errcode my_error(struct my_conn *c, MYSQL_STMT *stmt, const char *doing, struct error *err)
{
    unsigned number = stmt ? mysql_stmt_errno(stmt) : mysql_errno(c->mysql);
    const char *message = stmt ? mysql_stmt_error(stmt) : mysql_error(c->mysql);
    if (c->ended != ERR_OK || is_gone(number)) {
        return raise_gone(c, number, message, err);
    }
    const char *state = stmt ? mysql_stmt_sqlstate(stmt) : mysql_sqlstate(c->mysql);
    enum errcode code = raise_number(number, state, message, doing, err);
    if (c->in_transaction && ends_transaction(number)) {
        c->is_doomed = true;
    }
    if (code == ERR_SCHEMA_MOVED && c->place) {
        my_namespace_doubt(c->engine, c->place);
    }
    if (err) {
        err->engine_code = (int)number;
        (void)error_detail(err, "%s: %s", doing, message);
    }
    return code;
}

enum errcode my_connect_error(struct my_conn *c, struct error *err)
{
    static const unsigned refusals[] = {
        ER_ACCESS_DENIED_ERROR,
        ER_DBACCESS_DENIED_ERROR,
        ER_BAD_DB_ERROR,
        ER_ACCESS_DENIED_NO_PASSWORD_ERROR,
        ER_HOST_NOT_PRIVILEGED,
        ER_NOT_SUPPORTED_AUTH_MODE,
        ER_MUST_CHANGE_PASSWORD,
        ER_MUST_CHANGE_PASSWORD_LOGIN,
        ER_ACCOUNT_HAS_BEEN_LOCKED,
        ER_HOST_IS_BLOCKED,
        CR_SSL_CONNECTION_ERROR,
        CR_AUTH_PLUGIN_CANNOT_LOAD,
    };
    unsigned number = mysql_errno(c->mysql);
    if (c->ended == ERR_CANCELLED) {
        return ERROR(err, ERR_CANCELLED, "the work was cancelled");
    }
    enum errcode code = ERR_UNAVAILABLE;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        code = number == refusals[i] ? ERR_SOURCE_REFUSED : code;
    }
    if (code == ERR_SOURCE_REFUSED) {
        (void)ERROR(err, code, "the database refused the connection: %s", mysql_error(c->mysql));
    } else {
        (void)ERROR(err, code, "the database does not answer");
        (void)error_detail(err, "%s", mysql_error(c->mysql));
    }
    if (err) {
        err->engine_code = (int)number;
    }
    return code;
}

enum errcode my_raise(struct error *err, struct error *wrong)
{
    enum errcode code = wrong->code;
    if (err) {
        return error_move(err, wrong);
    }
    error_release(wrong);
    return code;
}

/* ---- what the catalog knows ----------------------------------------------------------------- */

static void add_key(struct breach *p, const struct table *t, struct str name)
{
    if (str_eq_nocase(name, STR("PRIMARY"))) {
        for (size_t i = 0; i < t->n_primary_key && i < BREACH_COLUMNS_MAX; i++) {
            p->columns[p->n++] = str_of(t->primary_key[i]);
        }
        return;
    }
    const struct index *index = table_find_index(t, name);
    for (size_t i = 0; index && i < index->n_keys && i < BREACH_COLUMNS_MAX; i++) {
        if (index->keys[i].column) {
            p->columns[p->n++] = str_of(index->keys[i].column);
        }
    }
}

static const char *first_column(const struct expr *e)
{
    const char *found = e->kind == EXPR_COLUMN ? e->name : NULL;
    for (size_t i = 0; i < e->n_args && !found; i++) {
        found = first_column(e->args[i]);
    }
    return found;
}

static void add_check(struct breach *p, const struct table *t, struct str name)
{
    for (size_t i = 0; i < t->n_checks; i++) {
        const struct check *k = &t->checks[i];
        const char *column = k->column ? k->column : k->expr ? first_column(k->expr) : NULL;
        if (k->name && str_eq_nocase(str_of(k->name), name) && column) {
            p->columns[p->n++] = str_of(column);
            return;
        }
    }
    if (p->n == 0 && table_find_column(t, name)) { /* the check beside a column */
        p->columns[p->n++] = name;
    }
}

static void say_unique(struct error *err, const struct breach *p)
{
    struct buf b;
    struct error was = ERROR_INIT;
    (void)error_move(&was, err);
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < p->n; i++) {
        buf_adds(&b, i ? ", \"" : "\"");
        buf_add_str(&b, p->columns[i]);
        buf_addc(&b, '"');
    }
    (void)ERROR(err, ERR_UNIQUE_VIOLATION, "the value of %s is there already", buf_text(&b));
    err->engine_code = was.engine_code;
    (void)error_detail(err, "%s", was.detail);
    error_release(&was);
    buf_release(&b);
}

static void explain_unique(const struct table *t, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct breach p = read_unique(arena_strdup(a, err->detail));
    p.table = str_of(t->name);
    add_key(&p, t, p.constraint);
    if (p.n) {
        say_unique(err, &p);
    }
    breach_tell(err, &p);
}

static void explain_check(const struct table *t, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct breach p = read_check(arena_strdup(a, err->detail));
    p.table = str_of(t->name);
    if (p.n == 0) {
        add_check(&p, t, p.constraint);
    }
    breach_tell(err, &p);
}

static void explain_null(const struct table *t, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct breach p = {.table = str_of(t->name), .n = 1};
    const char *detail = arena_strdup(a, err->detail);
    p.columns[0] = take_between(&detail, '\'', '\'');
    breach_tell(err, &p);
}

void my_explain(const struct table *t, struct error *err)
{
    if (!err || !err->detail) {
        return;
    }
    if (err->code == ERR_UNIQUE_VIOLATION) {
        explain_unique(t, err);
    } else if (err->code == ERR_CHECK_VIOLATION && err->engine_code != ER_SIGNAL_EXCEPTION) {
        explain_check(t, err);
    } else if (err->code == ERR_NOT_NULL_VIOLATION) {
        explain_null(t, err);
    }
}
