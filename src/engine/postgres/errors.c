#include "engine/postgres/errors.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "engine/breach.h"

#define STATE_DIGITS 5

struct row {
    const char *state; /* a whole SQLSTATE, or the two digits of its class */
    enum errcode code;
    const char *message;
};

/* The first row that fits decides; NULL messages say what the server said. */
static const struct row rows[] = {
    {"23505", ERR_UNIQUE_VIOLATION, NULL},
    {"23503", ERR_FOREIGN_KEY_VIOLATION, NULL},
    {"23502", ERR_NOT_NULL_VIOLATION, NULL},
    {"23514", ERR_CHECK_VIOLATION, NULL},
    {"44000", ERR_CHECK_VIOLATION, NULL},
    {"23P01", ERR_CONFLICT, NULL},
    {"23", ERR_CONFLICT, NULL},
    {"22012", ERR_INVALID, "an expression of the table cannot be computed"},
    {"22", ERR_INVALID_VALUE, NULL},
    {"21000", ERR_CONFLICT, NULL},
    {"42P01", ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile"},
    {"42703", ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile"},
    {"3F000", ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile"},
    {"42501", ERR_FORBIDDEN, "the database does not allow this"},
    {"25006", ERR_FORBIDDEN, "the database is read-only"},
    {"42P07", ERR_CONFLICT, NULL},
    {"42701", ERR_CONFLICT, NULL},
    {"42P06", ERR_CONFLICT, NULL},
    {"42710", ERR_CONFLICT, NULL},
    {"2BP01", ERR_CONFLICT, NULL},
    {"55P03", ERR_BUSY, "a lock was not free in time"},
    {"55006", ERR_BUSY, "the object is in use"},
    {"40P01", ERR_BUSY, "two writes waited for each other"},
    {"40001", ERR_BUSY, "another write changed the same rows"},
    {"40", ERR_UNAVAILABLE, "the database ended the transaction"},
    {"57014", ERR_TIMEOUT, "the statement took too long"},
    {"57", ERR_UNAVAILABLE, "the database ended the connection"},
    {"25P03", ERR_UNAVAILABLE, "the transaction was idle for too long"},
    {"08", ERR_UNAVAILABLE, "the connection to the database was lost"},
    {"53100", ERR_DISK_FULL, "no room left on the database's disk"},
    {"53", ERR_UNAVAILABLE, "the database has no room for this now"},
    {"54", ERR_TOO_LARGE, NULL},
    {"28", ERR_SOURCE_REFUSED, NULL},
    {"3D000", ERR_SOURCE_REFUSED, NULL},
    {"0A000", ERR_UNSUPPORTED, NULL},
    {"55", ERR_CONFLICT, NULL},
    {"P0", ERR_CHECK_VIOLATION, NULL},
    {"42", ERR_INVALID, NULL},
    {"58", ERR_UNAVAILABLE, "the database's machine failed"},
};

static const struct row *find_row(const char *state)
{
    for (size_t i = 0; state && i < ARRAY_LEN(rows); i++) {
        if (strncmp(state, rows[i].state, strlen(rows[i].state)) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

bool postgres_state_is(const PGresult *r, const char *state)
{
    return r && text_eq(PQresultErrorField(r, PG_DIAG_SQLSTATE), state);
}

struct str postgres_plain_name(const char *name, bool strip_shards)
{
    struct str s = str_of(name);
    size_t n = s.n;
    while (n > 0 && s.p[n - 1] >= '0' && s.p[n - 1] <= '9') {
        n--;
    }
    bool has_shard = n < s.n && n > 1 && s.p[n - 1] == '_';
    return strip_shards && has_shard ? (struct str){s.p, n - 1} : s;
}

/* "Key (a, b)=(1, 2) already exists." Expressions are no columns. */
static void read_key(struct breach *p, const char *detail)
{
    const char *from = detail ? strchr(detail, '(') : NULL;
    const char *end = from ? strstr(from, ")=(") : NULL;
    if (!end) {
        return;
    }
    struct str rest = {from + 1, (size_t)(end - from - 1)};
    struct str one;
    while (p->n < BREACH_COLUMNS_MAX && str_split(&rest, ',', &one)) {
        one = str_trim(one);
        bool is_quoted = one.n > 2 && one.p[0] == '"' && one.p[one.n - 1] == '"';
        if (str_find(one, '(') < one.n || one.n == 0) {
            p->n = 0;
            return;
        }
        p->columns[p->n++] = is_quoted ? (struct str){one.p + 1, one.n - 2} : one;
    }
}

static struct breach read_place(const PGresult *r, const char *state, bool strip_shards)
{
    struct breach p = {0};
    p.table = postgres_plain_name(PQresultErrorField(r, PG_DIAG_TABLE_NAME), strip_shards);
    p.constraint =
        postgres_plain_name(PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME), strip_shards);
    const char *column = PQresultErrorField(r, PG_DIAG_COLUMN_NAME);
    if (column) {
        p.columns[p.n++] = str_of(column);
    } else if (text_eq(state, "23505") || text_eq(state, "23503")) {
        read_key(&p, PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL));
    }
    return p;
}

static void raise_constraint(enum errcode code, const struct breach *p, const char *said,
                             struct error *err)
{
    struct buf columns;
    buf_init(&columns, 1 << 16);
    breach_names(&columns, p);
    if (code == ERR_UNIQUE_VIOLATION && p->n) {
        (void)ERROR(err, code, "the value of %s is there already", buf_text(&columns));
    } else if (code == ERR_UNIQUE_VIOLATION) {
        (void)ERROR(err, code, "a value that must be unique is there already");
    } else if (code == ERR_NOT_NULL_VIOLATION) {
        (void)ERROR(err, code, "%s needs a value", p->n ? buf_text(&columns) : "a column");
    } else if (code == ERR_FOREIGN_KEY_VIOLATION) {
        (void)ERROR(err, code, "a referenced row is missing, or rows still refer to this one");
    } else if (code == ERR_CHECK_VIOLATION && p->constraint.n) {
        (void)ERROR(err, code, "a value breaks the check \"%.*s\"", (int)p->constraint.n,
                    p->constraint.p);
    } else {
        (void)ERROR(err, code, "a constraint failed: %s", said);
    }
    buf_release(&columns);
}

static void raise_plain(const struct row *row, const char *said, struct error *err)
{
    static const struct {
        enum errcode code;
        const char *format;
    } formats[] = {
        {ERR_INVALID_VALUE, "a value does not fit its column: "},
        {ERR_CHECK_VIOLATION, "a trigger refused: "},
        {ERR_INVALID, "PostgreSQL refuses the text: "},
        {ERR_UNSUPPORTED, "PostgreSQL cannot do this: "},
        {ERR_TOO_LARGE, "it is over a limit of PostgreSQL: "},
        {ERR_CONFLICT, "another part of the schema is in the way: "},
        {ERR_SOURCE_REFUSED, "PostgreSQL refuses: "},
    };
    if (row->message) {
        (void)ERROR(err, row->code, "%s", row->message);
        return;
    }
    const char *format = "";
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        format = formats[i].code == row->code ? formats[i].format : format;
    }
    (void)ERROR(err, row->code, "%s%s", format, said);
}

static int state_number(const char *state)
{
    int n = 0;
    for (size_t i = 0; i < STATE_DIGITS && state[i]; i++) {
        int digit = state[i] >= 'A' ? state[i] - 'A' + 10 : state[i] - '0';
        n = n * 36 + digit % 36;
    }
    return n;
}

bool postgres_is_collision(const struct error *err)
{
    return err->code == ERR_BUSY &&
           (err->engine_code == state_number("40001") || err->engine_code == state_number("40P01"));
}

static struct str first_line(const char *text)
{
    struct str s = str_trim(str_of(text));
    return (struct str){s.p, str_find(s, '\n')};
}

static enum errcode raise_lost(const PGconn *pq, const char *doing, struct error *err)
{
    struct str said = first_line(pq ? PQerrorMessage(pq) : "");
    enum errcode code = ERROR(err, ERR_UNAVAILABLE, "the connection to the database was lost");
    (void)error_detail(err, "%s: %.*s", doing, (int)said.n, said.n ? said.p : "");
    return code;
}

/* "cached plan must not change result type": the table has other columns than when it was made. */
static bool is_old_plan(const PGresult *r)
{
    const char *routine = PQresultErrorField(r, PG_DIAG_SOURCE_FUNCTION);
    return postgres_state_is(r, "0A000") && text_eq(routine, "RevalidateCachedQuery");
}

bool postgres_has_vanished(const PGresult *r)
{
    static const char *const starts[] = {"could not open relation with OID ",
                                         "cache lookup failed for "};
    const char *said = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    bool is_inside = postgres_state_is(r, "XX000") && said;
    for (size_t i = 0; is_inside && i < ARRAY_LEN(starts); i++) {
        if (strncmp(said, starts[i], strlen(starts[i])) == 0) {
            return true;
        }
    }
    return false;
}

enum errcode postgres_error(const PGconn *pq, const PGresult *r, const char *doing,
                            bool strip_shards, struct error *err)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    if (!state) {
        return raise_lost(pq, doing, err);
    }
    const char *said = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);
    said = said ? said : "";
    const struct row *row = find_row(state);
    enum errcode code = row ? row->code : ERR_INTERNAL;
    if (is_old_plan(r) || postgres_has_vanished(r)) {
        code = ERROR(err, ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile");
    } else if (!row) {
        (void)ERROR(err, code, "%s failed", doing);
    } else if (strncmp(state, "23", 2) == 0 || text_eq(state, "44000")) {
        struct breach p = read_place(r, state, strip_shards);
        raise_constraint(code, &p, said, err);
        breach_tell(err, &p);
    } else {
        raise_plain(row, said, err);
    }
    if (err) {
        err->engine_code = state_number(state);
        (void)error_detail(err, "%s: %s: %s%s%s", doing, state, said, detail ? "; " : "",
                           detail ? detail : "");
    }
    return code;
}

/* Made with PQERRORS_VERBOSE: "… FATAL:  28P01: password authentication failed for …". */
static const char *find_state(const char *message, char state[STATE_DIGITS + 1])
{
    for (const char *at = strstr(message, ":  "); at; at = strstr(at + 1, ":  ")) {
        const char *p = at + 3;
        size_t n = strspn(p, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (n == STATE_DIGITS && p[n] == ':') {
            memcpy(state, p, n);
            state[n] = '\0';
            return p + n + 1;
        }
    }
    return NULL;
}

enum errcode postgres_refusal(const PGconn *pq, struct error *err)
{
    static const char *const refused[] = {"SSL", "certificate", "password", "authentication"};
    char state[STATE_DIGITS + 1] = "";
    const char *message = pq ? PQerrorMessage(pq) : "";
    const char *said = find_state(message, state);
    bool is_refused = false;
    if (said) {
        const struct row *row = find_row(state);
        is_refused = row && (row->code == ERR_SOURCE_REFUSED || row->code == ERR_FORBIDDEN);
    }
    for (size_t i = 0; !said && i < ARRAY_LEN(refused); i++) {
        is_refused = is_refused || strstr(message, refused[i]);
    }
    struct str line = first_line(said ? said : message);
    enum errcode code;
    if (is_refused) {
        code = ERROR(err, ERR_SOURCE_REFUSED, "PostgreSQL refused the connection: %.*s",
                     (int)line.n, line.n ? line.p : "");
    } else {
        code = ERROR(err, ERR_UNAVAILABLE, "PostgreSQL cannot be reached");
    }
    if (err) {
        err->engine_code = said ? state_number(state) : 0;
        (void)error_detail(err, "%.*s", (int)line.n, line.n ? line.p : "");
    }
    return code;
}
