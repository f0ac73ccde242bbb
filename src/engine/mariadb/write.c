#include "base/attr.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/errors.h"
#include "engine/mariadb/stmt.h"

/* Writes: one prepared statement each, an upsert up to two. */

static enum errcode run(struct my_conn *c, const struct write *wr, struct write_result *out,
                        struct error *err)
{
    struct sql_writer w;
    struct my_stmt *s = NULL;
    buf_clear(&c->text);
    sql_begin(&w, my_dialect(c->engine), &c->text, c->scratch);
    sql_write(&w, wr);
    if (w.broken) {
        return ERROR(err, ERR_INVALID, "the write cannot be said: %s", w.broken);
    }
    enum errcode code = my_stmt_run(c, &w, &s, err);
    if (code != ERR_OK) {
        my_explain(wr->table, err);
        return code;
    }
    *out = (struct write_result){.n_rows = (int64_t)mysql_stmt_affected_rows(s->handle)};
    if (wr->kind == WRITE_INSERT) {
        out->n_inserted = out->n_rows;
        out->last_id = (int64_t)mysql_stmt_insert_id(s->handle);
    }
    my_stmt_put(c, s);
    return ERR_OK;
}

static bool is_among(const struct column *const *columns, size_t n, const struct column *c)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i] == c || text_eq(columns[i]->name, c->name)) {
            return true;
        }
    }
    return false;
}

/* The row that has the values of the key. NULL when one of them is not given or no value. */
static const struct filter *key_filter(struct arena *a, const struct write *wr)
{
    const struct filter *all = NULL;
    for (size_t k = 0; k < wr->n_conflict; k++) {
        size_t i = 0;
        while (i < wr->n_columns && !text_eq(wr->columns[i]->name, wr->conflict[k]->name)) {
            i++;
        }
        if (i == wr->n_columns || wr->values[i].kind == VALUE_NULL) {
            return NULL;
        }
        all = filter_and(a, all, filter_compare(a, FILTER_EQ, wr->columns[i], wr->values[i]));
    }
    return all;
}

/* What an upsert changes in a row that is there; ends with no columns where it changes none. */
static struct write change_of(struct arena *a, const struct write *wr)
{
    const struct column **columns = ARENA_ARRAY(a, wr->n_columns, const struct column *);
    struct value *values = ARENA_ARRAY(a, wr->n_columns, struct value);
    struct write u = {.kind = WRITE_UPDATE,
                      .table = wr->table,
                      .columns = columns,
                      .values = values,
                      .where = key_filter(a, wr)};
    for (size_t i = 0; i < wr->n_columns; i++) {
        if (!is_among(wr->conflict, wr->n_conflict, wr->columns[i]) &&
            !is_among(wr->keep, wr->n_keep, wr->columns[i])) {
            columns[u.n_columns] = wr->columns[i];
            values[u.n_columns++] = wr->values[i];
        }
    }
    return u;
}

/* Is there a row with that key? It is locked like one that is changed. */
static enum errcode find_row(struct my_conn *c, const struct write *u, bool *found,
                             struct error *err)
{
    struct sql_writer w;
    struct my_stmt *s = NULL;
    int rc = 0;
    buf_clear(&c->text);
    sql_begin(&w, my_dialect(c->engine), &c->text, c->scratch);
    sql_text(&w, "SELECT 1 FROM ");
    sql_ident(&w, u->table->name);
    sql_text(&w, " WHERE ");
    sql_filter(&w, u->where);
    sql_text(&w, " LIMIT 1 FOR UPDATE");
    TRY(my_stmt_run(c, &w, &s, err));
    MY_CALL(c, mysql_stmt_store_result, (&rc, s->handle), &rc, s->handle);
    enum errcode code = rc == 0 ? ERR_OK : my_error(c, s->handle, "looking for a row", err);
    *found = code == ERR_OK && mysql_stmt_num_rows(s->handle) > 0;
    my_bool failed = 0;
    MY_CALL(c, mysql_stmt_free_result, (&failed, s->handle), &failed, s->handle);
    my_stmt_put(c, s);
    return code;
}

/* ON DUPLICATE KEY UPDATE would take a collision of any unique key for one of this key. So: insert;
 * where something collides, the row with the key is changed; where there is none, it was another
 * key that collided. */
static enum errcode upsert(struct my_conn *c, const struct write *wr, struct write_result *out,
                           struct error *err)
{
    struct error wrong = ERROR_INIT;
    struct write insert = *wr;
    insert.kind = WRITE_INSERT;
    enum errcode code = run(c, &insert, out, &wrong);
    if (code != ERR_UNIQUE_VIOLATION) {
        return code == ERR_OK ? code : my_raise(err, &wrong);
    }
    struct write u = change_of(c->scratch, wr);
    struct write_result changed = {0};
    bool found = false;
    if (!u.where) {
        return my_raise(err, &wrong);
    }
    if (u.n_columns) {
        code = run(c, &u, &changed, err);
        found = changed.n_rows > 0;
    } else {
        code = find_row(c, &u, &found, err);
    }
    if (code == ERR_OK && !found) {
        return my_raise(err, &wrong);
    }
    error_release(&wrong);
    *out = (struct write_result){.n_rows = changed.n_rows};
    return code;
}

enum errcode my_write(struct my_conn *c, const struct write *w, struct write_result *out,
                      struct error *err)
{
    arena_reset(c->scratch);
    return w->kind == WRITE_UPSERT ? upsert(c, w, out, err) : run(c, w, out, err);
}

enum errcode mariadb_write(struct session *base, const struct write *w, struct write_result *out,
                           struct error *err)
{
    struct mariadb_session *s = mariadb_session_of(base);
    struct my_conn *c = NULL;
    struct write_result result = {0};
    if (base->access == ACCESS_READ) {
        return ERROR(err, ERR_INTERNAL, "a reading session writes nothing");
    }
    TRY(mariadb_own(s, &c, err));
    TRY(my_write(c, w, &result, err));
    if (out) {
        *out = result;
    }
    return ERR_OK;
}
