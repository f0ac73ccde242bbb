#include "base/attr.h"
#include "base/map.h"
#include "engine/postgres/emit.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/inspect.h"
#include "engine/postgres/run.h"
#include "engine/postgres/session.h"
#include "engine/postgres/types.h"

/*
 * A rehearsal: the plan runs on empty copies that nobody else sees, temporary tables of the same
 * names, in a transaction that is rolled back. Copied are the tables that the changes can reach and
 * those that these refer to; they are only looked at (ACCESS SHARE). What the copies look like
 * afterwards, with everything that was not copied, is the schema as it will be.
 */
struct rehearsal {
    struct postgres_session *session;
    struct pg_conn *conn;
    struct arena *arena;
    struct plan *plan;
    struct catalog *before;
    struct map reached;  /* names of tables that may come out different */
    struct map referred; /* and of those that only have to be there */
};

/* ---- which tables ---------------------------------------------------------------------------- */

static void reach(struct rehearsal *r, const char *name)
{
    const struct table *t = name ? catalog_find_table(r->before, str_of(name)) : NULL;
    if (t && t->kind == TABLE_BASE) {
        map_put(&r->reached, str_of(t->name), r);
    }
}

static void reach_named(struct rehearsal *r, const struct change *c)
{
    switch (c->kind) {
    case CHANGE_DROP_TABLE:
        reach(r, c->drop_table.table);
        return;
    case CHANGE_RENAME_TABLE:
        reach(r, c->rename_table.table);
        return;
    case CHANGE_RESTORE_TABLE:
        reach(r, c->restore_table.trash);
        for (size_t i = 0; i < c->restore_table.n_referrers; i++) {
            reach(r, c->restore_table.referrers[i].table);
        }
        return;
    case CHANGE_CREATE_COLUMN:
        reach(r, c->create_column.table);
        reach(r, c->create_column.restore.object);
        return;
    case CHANGE_DROP_COLUMN:
        reach(r, c->drop_column.table);
        return;
    case CHANGE_RENAME_COLUMN:
        reach(r, c->rename_column.table);
        return;
    case CHANGE_CREATE_INDEX:
        reach(r, c->create_index.table);
        return;
    case CHANGE_DROP_INDEX:
        reach(r, c->drop_index.table);
        return;
    case CHANGE_MODIFY_COLUMN:
        reach(r, c->modify_column.table);
        return;
    default:
        return; /* what is made anew is nobody's copy */
    }
}

static void reach_referrer(struct table *from, struct foreign_key *fk, void *arg)
{
    (void)fk;
    reach(arg, from->name);
}

static void refer(struct rehearsal *r, const char *name)
{
    const struct table *t = catalog_find_table(r->before, str_of(name));
    if (t && t->kind == TABLE_BASE && !map_has(&r->reached, str_of(t->name))) {
        map_put(&r->referred, str_of(t->name), r);
    }
}

/* What new keys of the list refer to. */
static void refer_named(struct rehearsal *r, const struct change *c)
{
    const struct foreign_key *keys = NULL;
    size_t n = 0;
    if (c->kind == CHANGE_CREATE_TABLE || c->kind == CHANGE_RESTORE_TABLE) {
        const struct table *t =
            c->kind == CHANGE_CREATE_TABLE ? c->create_table.table : c->restore_table.table;
        keys = t->foreign_keys;
        n = t->n_foreign_keys;
    } else if (c->kind == CHANGE_CREATE_COLUMN) {
        keys = c->create_column.foreign_keys;
        n = c->create_column.n_foreign_keys;
    }
    for (size_t i = 0; i < n; i++) {
        refer(r, keys[i].referenced_table);
    }
}

static void choose(struct rehearsal *r)
{
    const struct change_list *list = r->plan->changes;
    for (size_t i = 0; i < list->n; i++) {
        reach_named(r, &list->items[i]);
    }
    size_t n_named = r->reached.n;
    for (size_t i = 0; i < n_named; i++) {
        const char *name = arena_str(r->arena, r->reached.entries[i].key);
        catalog_each_referrer(r->before, name, reach_referrer, r);
    }
    for (size_t i = 0; i < r->reached.n; i++) {
        const struct table *t = catalog_find_table(r->before, r->reached.entries[i].key);
        for (size_t k = 0; k < t->n_foreign_keys; k++) {
            refer(r, t->foreign_keys[k].referenced_table);
        }
    }
    for (size_t i = 0; i < list->n; i++) {
        refer_named(r, &list->items[i]);
    }
}

/* ---- copies ---------------------------------------------------------------------------------- */

static enum errcode run(struct rehearsal *r, struct sql_writer *w, struct error *err)
{
    enum errcode code = ERR_OK;
    if (w->broken) {
        code = ERROR(err, ERR_UNSUPPORTED, "the copy cannot be made: %s", w->broken);
    } else {
        PGresult *result = NULL;
        code = pg_ask(r->conn, buf_text(w->out), NULL, 0, &result, err);
        PQclear(result);
    }
    buf_release(w->out);
    return code;
}

static struct sql_writer writer(struct rehearsal *r)
{
    struct sql_writer w;
    struct buf *b = ARENA_NEW(r->arena, struct buf);
    buf_init(b, BUF_MAX_DEFAULT);
    sql_begin(&w, &postgres_dialect, b, r->arena);
    return w;
}

static enum errcode copy_index(struct rehearsal *r, const struct table *t, const struct index *i,
                               struct error *err)
{
    struct sql_writer w = writer(r);
    if (!i->is_constraint) {
        emit_pg_index(&w, t, i, false);
        return run(r, &w, err);
    }
    sql_text(&w, "ALTER TABLE ");
    sql_ident(&w, t->name);
    sql_text(&w, " ADD CONSTRAINT ");
    sql_ident(&w, i->name);
    sql_text(&w, " ");
    buf_adds(w.out, i->native); /* as the server printed it a moment ago */
    return run(r, &w, err);
}

/* Its columns, defaults and CHECKs; indexes by their own names. */
static enum errcode copy_table(struct rehearsal *r, const struct table *t, struct error *err)
{
    struct sql_writer w = writer(r);
    sql_text(&w, "CREATE TEMPORARY TABLE ");
    sql_ident(&w, t->name);
    sql_text(&w, " (LIKE ");
    sql_ident(&w, r->session->schema);
    sql_text(&w, ".");
    sql_ident(&w, t->name);
    sql_text(&w, " INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)");
    TRY(run(r, &w, err));
    for (size_t i = 0; i < t->n_indexes; i++) {
        TRY(copy_index(r, t, &t->indexes[i], err));
    }
    return ERR_OK;
}

static bool is_copied(const struct rehearsal *r, const char *name)
{
    return map_has(&r->reached, str_of(name)) || map_has(&r->referred, str_of(name));
}

static enum errcode copy_keys(struct rehearsal *r, const struct table *t, struct error *err)
{
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        const struct foreign_key *f = &t->foreign_keys[i];
        struct sql_writer w = writer(r);
        if (!is_copied(r, f->referenced_table)) {
            continue;
        }
        sql_text(&w, "ALTER TABLE ");
        sql_ident(&w, t->name);
        sql_text(&w, " ADD ");
        emit_pg_key(&w, t, f, catalog_find_table(r->before, str_of(f->referenced_table)));
        TRY(run(r, &w, err));
    }
    return ERR_OK;
}

/* A trigger that cannot be copied is left out: only a change that needs it fails. */
static enum errcode copy_triggers(struct rehearsal *r, const struct table *t, struct error *err)
{
    for (size_t i = 0; i < t->n_triggers; i++) {
        struct sql_writer w = writer(r);
        TRY(pg_run(r->conn, "SAVEPOINT before_trigger", NULL, err));
        emit_pg_trigger(&w, t, &t->triggers[i]);
        bool is_made = run(r, &w, NULL) == ERR_OK;
        TRY(pg_run(r->conn, is_made ? "RELEASE before_trigger" : "ROLLBACK TO before_trigger", NULL,
                   err));
    }
    return ERR_OK;
}

typedef enum errcode copy_fn(struct rehearsal *r, const struct table *t, struct error *err);

static enum errcode each_table(struct rehearsal *r, const struct map *names, copy_fn *fn,
                               struct error *err)
{
    for (size_t i = 0; i < names->n; i++) {
        TRY(fn(r, catalog_find_table(r->before, names->entries[i].key), err));
    }
    return ERR_OK;
}

static enum errcode set_path(struct rehearsal *r, struct error *err)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_adds(&b, "SET LOCAL search_path = pg_temp, ");
    sql_quote_ident(&b, '"', str_of(r->session->schema));
    enum errcode code = pg_run(r->conn, buf_text(&b), NULL, err);
    buf_release(&b);
    return code;
}

static enum errcode copy_all(struct rehearsal *r, struct error *err)
{
    TRY(set_path(r, err));
    TRY(each_table(r, &r->referred, copy_table, err));
    TRY(each_table(r, &r->reached, copy_table, err));
    TRY(each_table(r, &r->reached, copy_keys, err));
    return each_table(r, &r->reached, copy_triggers, err);
}

/* ---- the plan, and what comes of it ---------------------------------------------------------- */

static enum errcode run_steps(struct rehearsal *r, struct error *err)
{
    for (size_t i = 0; i < r->plan->n_steps; i++) {
        const struct plan_step *step = &r->plan->steps[i];
        PGresult *result = NULL;
        if (step->kind != STEP_RUN) {
            continue;
        }
        TRY(pg_ask(r->conn, pg_text_in_transaction(r->arena, step), NULL, 0, &result, err));
        PQclear(result);
    }
    return ERR_OK;
}

static enum errcode temporary_schema(struct rehearsal *r, const char **out, struct error *err)
{
    PGresult *result = NULL;
    TRY(pg_ask(r->conn,
               "SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = "
               "pg_catalog.pg_my_temp_schema()",
               NULL, 0, &result, err));
    *out = PQntuples(result) == 1 ? arena_strdup(r->arena, PQgetvalue(result, 0, 0)) : "";
    PQclear(result);
    return ERR_OK;
}

/* The tables are borrowed from both: a catalog for its fingerprint only. */
static void print(struct rehearsal *r, const struct catalog *copies)
{
    AUTO(catalog_unrefp) struct catalog *after = catalog_new();
    for (size_t i = 0; i < r->before->n_tables; i++) {
        if (!map_has(&r->reached, str_of(r->before->tables[i]->name))) {
            catalog_add_table(after, r->before->tables[i]);
        }
    }
    for (size_t i = 0; i < copies->n_tables; i++) {
        if (!map_has(&r->referred, str_of(copies->tables[i]->name))) {
            catalog_add_table(after, copies->tables[i]);
        }
    }
    r->plan->fingerprint_after = catalog_fingerprint(r->plan->arena, after);
}

static enum errcode play(struct rehearsal *r, struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *copies = NULL;
    const char *schema = NULL;
    TRY(copy_all(r, err));
    TRY(run_steps(r, err));
    TRY(temporary_schema(r, &schema, err));
    TRY(pg_inspect(r->conn, schema, &copies, err));
    print(r, copies);
    return ERR_OK;
}

static enum errcode rehearse_on(struct rehearsal *r, struct error *err)
{
    if (PQtransactionStatus(r->conn->pq) != PQTRANS_IDLE) {
        return ERROR(err, ERR_INTERNAL, "a rehearsal has a transaction of its own");
    }
    TRY(pg_run(r->conn, "BEGIN", NULL, err));
    enum errcode code = pg_inspect(r->conn, r->session->schema, &r->before, err);
    if (code == ERR_OK) {
        choose(r);
        code = play(r, err);
    }
    pg_roll_back(r->conn);
    catalog_unref(r->before);
    return code;
}

enum errcode postgres_rehearse(struct session *base, struct plan *plan, struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct rehearsal r = {.session = s, .arena = a, .plan = plan};
    bool is_lent = s->conn == NULL;
    map_init(&r.reached, a, false);
    map_init(&r.referred, a, false);
    TRY(postgres_own(s, &r.conn, err));
    enum errcode code = rehearse_on(&r, err);
    if (is_lent) {
        postgres_part(s);
    }
    return code;
}
