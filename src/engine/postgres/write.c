#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "engine/postgres/errors.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/run.h"
#include "engine/postgres/types.h"

/* ---- what was broken, in the words of the table ---------------------------------------------- */

/* The constraint that @err names in its params. */
static const char *constraint_of(struct arena *a, const struct error *err)
{
    static const char key[] = "\"constraint\":\"";
    const char *at = err->params ? strstr(err->params, key) : NULL;
    const char *end = at ? strchr(at + sizeof key - 1, '"') : NULL;
    at = at ? at + sizeof key - 1 : NULL;
    return end ? arena_strndup(a, at, (size_t)(end - at)) : NULL;
}

static const struct foreign_key *find_key(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        if (text_eq(t->foreign_keys[i].name, name)) {
            return &t->foreign_keys[i];
        }
    }
    return NULL;
}

static void point_at(struct error *err, const char *column)
{
    struct buf pointer;
    buf_init(&pointer, 4096);
    doc_pointer_token(&pointer, column);
    (void)error_where(err, "%s", buf_text(&pointer));
    buf_release(&pointer);
}

static void explain_key(struct error *err, const struct write *w, const char *name)
{
    const struct foreign_key *k = find_key(w->table, name);
    const char *params = err->params;
    struct arena *a AUTO(arena_freep) = arena_new();
    params = arena_strdup(a, params);
    if (w->kind == WRITE_DELETE || !k || !k->referenced_columns) {
        if (w->kind == WRITE_DELETE || !k) {
            (void)ERROR(err, ERR_FOREIGN_KEY_VIOLATION,
                        "rows of other tables still refer to this one");
            (void)error_params(err, params);
        }
        return;
    }
    (void)ERROR(err, ERR_FOREIGN_KEY_VIOLATION, "no row of \"%s\" has this \"%s\"",
                k->referenced_table, k->referenced_columns[0]);
    (void)error_params(err, params);
    point_at(err, k->columns[0]);
}

/* The columns of the unique constraint @name; 0 when it is unknown or over an expression. */
static size_t unique_columns(struct arena *a, const struct table *t, const char *name,
                             const char *const **out)
{
    const struct index *i = table_find_index(t, str_of(name));
    size_t end = strlen(name);
    if (!i) {
        bool is_key = end > 5 && text_eq(name + end - 5, "_pkey");
        *out = (const char *const *)t->primary_key;
        return is_key ? t->n_primary_key : 0;
    }
    const char **columns = ARENA_ARRAY(a, i->n_keys, const char *);
    for (size_t k = 0; k < i->n_keys; k++) {
        columns[k] = i->keys[k].column;
        if (!columns[k]) {
            return 0;
        }
    }
    *out = columns;
    return i->n_keys;
}

/* Where row security is, the server does not tell which values were there already. */
static void explain_unique(struct error *err, const struct write *w, const char *name)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *const *columns = NULL;
    size_t n = unique_columns(a, w->table, name, &columns);
    struct buf words;
    struct buf params;
    struct json_writer json;
    if (n == 0 || err->where || strstr(err->params, "\"columns\"")) {
        return;
    }
    buf_init(&words, 1 << 16);
    buf_init(&params, 1 << 16);
    jsonw_init(&json, &params);
    jsonw_begin_object(&json);
    jsonw_kv_text(&json, "table", w->table->name);
    jsonw_key(&json, "columns");
    jsonw_begin_array(&json);
    for (size_t k = 0; k < n; k++) {
        jsonw_text(&json, columns[k]);
        buf_printf(&words, "%s\"%s\"", k ? ", " : "", columns[k]);
    }
    jsonw_end_array(&json);
    jsonw_kv_text(&json, "constraint", name);
    jsonw_end_object(&json);
    const char *detail = arena_strdup(a, err->detail);
    int state = err->engine_code;
    (void)ERROR(err, ERR_UNIQUE_VIOLATION, "the value of %s is there already", buf_text(&words));
    (void)error_params(err, buf_text(&params));
    (void)error_detail(err, "%s", detail ? detail : "");
    err->engine_code = state;
    if (n == 1) {
        point_at(err, columns[0]);
    }
    buf_release(&words);
    buf_release(&params);
}

static const char *only_column(const struct expr *e)
{
    const char *found = e->kind == EXPR_COLUMN ? e->name : NULL;
    for (size_t i = 0; i < e->n_args && !found; i++) {
        found = only_column(e->args[i]);
    }
    return found;
}

static void explain_check(struct error *err, const struct write *w, const char *name)
{
    for (size_t i = 0; i < w->table->n_checks; i++) {
        const struct check *c = &w->table->checks[i];
        const char *column = c->column ? c->column : only_column(c->expr);
        if (text_eq(c->name, name) && column) {
            point_at(err, column);
            return;
        }
    }
}

void pg_explain(struct error *err, const struct write *w)
{
    if (!err) {
        return;
    }
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *name = constraint_of(a, err);
    if (err->code == ERR_FOREIGN_KEY_VIOLATION) {
        explain_key(err, w, name);
    } else if (err->code == ERR_UNIQUE_VIOLATION && name) {
        explain_unique(err, w, name);
    } else if (err->code == ERR_CHECK_VIOLATION && name && !err->where) {
        explain_check(err, w, name);
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The column whose generated value an insert tells. */
const struct column *pg_numbered_column(const struct write *w)
{
    if (w->key) {
        return w->key;
    }
    for (size_t i = 0; i < w->table->n_columns; i++) {
        if (w->table->columns[i].is_auto_increment) {
            return &w->table->columns[i];
        }
    }
    return NULL;
}

static void say_returning(struct sql_writer *q, const struct write *w)
{
    const struct column *key = pg_numbered_column(w);
    if (w->kind == WRITE_UPSERT) {
        sql_text(q, " RETURNING (xmax = 0)");
    } else if (w->kind == WRITE_INSERT && key) {
        sql_text(q, " RETURNING true");
    } else {
        return;
    }
    if (key) {
        sql_text(q, ", ");
        sql_ident(q, key->name);
    }
}

static enum errcode say(struct postgres_session *s, const struct write *w, struct arena *a,
                        struct pg_params *params, struct error *err)
{
    struct sql_writer q;
    buf_clear(&s->text);
    sql_begin(&q, &postgres_dialect, &s->text, a);
    sql_write(&q, w);
    say_returning(&q, w);
    if (q.broken || buf_failed(&s->text)) {
        return ERROR(err, ERR_INVALID, "the write cannot be said: %s",
                     q.broken ? q.broken : "it is too long");
    }
    return pg_params_make(a, q.params, q.n_params, params, err);
}

static struct write_result read_result(const struct write *w, const PGresult *r)
{
    struct write_result out = {0};
    (void)str_int64(str_of(PQcmdTuples((PGresult *)(uintptr_t)r)), &out.n_rows);
    if (w->kind == WRITE_INSERT) {
        out.n_inserted = out.n_rows;
    }
    if (PQntuples(r) == 1) {
        out.n_inserted = str_is(str_of(PQgetvalue(r, 0, 0)), "t");
        if (PQnfields(r) > 1) {
            (void)str_int64(str_of(PQgetvalue(r, 0, 1)), &out.last_id);
        }
    }
    return out;
}

/* A number that was given, not generated, must not be generated again later. */
static const struct value *given_number(const struct write *w)
{
    for (size_t i = 0; i < w->n_columns; i++) {
        bool is_given = w->columns[i]->is_auto_increment && w->values[i].kind == VALUE_INT;
        if (is_given && (w->kind == WRITE_INSERT || w->kind == WRITE_UPSERT)) {
            return &w->values[i];
        }
    }
    return NULL;
}

enum errcode pg_pass_number(struct postgres_session *s, const struct table *t,
                            const struct column *c, int64_t number, struct error *err)
{
    static const char text[] =
        "SELECT setval(pg_get_serial_sequence($1, $2), $3::int8) WHERE $3::int8 > coalesce("
        "pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass), 0)";
    struct arena *a AUTO(arena_freep) = arena_new();
    struct buf name;
    buf_init(&name, 4096);
    sql_quote_ident(&name, '"', str_of(t->name));
    const struct value values[] = {value_str(buf_str(&name)), value_text(c->name),
                                   value_int(number)};
    struct pg_params params;
    PGresult *r = NULL;
    enum errcode code = pg_params_make(a, values, ARRAY_LEN(values), &params, err);
    if (code == ERR_OK) {
        code = pg_session_ask(s, str_of(text), &params, false, &r, err);
    }
    buf_release(&name);
    TRY(code);
    PQclear(r);
    return ERR_OK;
}

enum errcode postgres_write(struct session *base, const struct write *w, struct write_result *out,
                            struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct pg_params params;
    PGresult *r = NULL;
    TRY(say(s, w, a, &params, err));
    if (s->in_group) {
        s->group->has_rows = true;
    }
    enum errcode code = pg_session_ask(s, buf_str(&s->text), &params, false, &r, err);
    if (code != ERR_OK) {
        pg_explain(err, w);
        return code;
    }
    struct write_result result = read_result(w, r);
    PQclear(r);
    const struct value *number = given_number(w);
    if (number && !s->engine->options.is_attached) {
        const struct column *c = pg_numbered_column(w);
        TRY(pg_pass_number(s, w->table, c, number->i, err));
    }
    if (out) {
        *out = result;
    }
    return ERR_OK;
}
