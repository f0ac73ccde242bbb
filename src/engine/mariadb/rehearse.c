#include "base/attr.h"
#include "base/hash.h"
#include "engine/mariadb/planner.h"
#include "engine/mariadb/run.h"
#include "engine/mariadb/types.h"

/*
 * A change on empty twins, in a database of their own: the tables that it is about with all they
 * have, those that these refer to as bare ones. The database is made anew each time, so what a
 * crash left of an earlier one goes; a lock keeps two rehearsals of one namespace apart.
 */
struct rehearsal {
    struct mariadb_session *real;
    struct mariadb_session scratch;
    struct arena *arena;
    const struct catalog *before;
    struct map full; /* tables that the change is about */
    struct map bare; /* tables that those refer to */
    struct error *err;
};

static const char *quoted(struct arena *a, const char *name)
{
    struct buf b;
    buf_init(&b, 4096);
    sql_quote_ident(&b, '`', str_of(name));
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static void take_full(struct rehearsal *r, const char *name)
{
    const struct table *t = name ? catalog_find_table(r->before, str_of(name)) : NULL;
    if (t && t->kind == TABLE_BASE) {
        map_put(&r->full, str_of(t->name), (void *)t);
    }
}

static void take_bare(struct rehearsal *r, const struct foreign_key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct table *t = catalog_find_table(r->before, str_of(keys[i].referenced_table));
        if (t && t->kind == TABLE_BASE) {
            map_put(&r->bare, str_of(t->name), (void *)t);
        }
    }
}

static void take_referrer(struct table *from, struct foreign_key *fk, void *arg)
{
    (void)fk;
    take_full(arg, from->name);
}

static void take_change(struct rehearsal *r, const struct change *c)
{
    switch (c->kind) {
    case CHANGE_CREATE_TABLE:
        take_bare(r, c->create_table.table->foreign_keys, c->create_table.table->n_foreign_keys);
        return;
    case CHANGE_DROP_TABLE:
        catalog_each_referrer(r->before, c->drop_table.table, take_referrer, r);
        take_full(r, c->drop_table.table);
        return;
    case CHANGE_RENAME_TABLE:
        catalog_each_referrer(r->before, c->rename_table.table, take_referrer, r);
        take_full(r, c->rename_table.table);
        return;
    case CHANGE_RESTORE_TABLE:
        take_full(r, c->restore_table.trash);
        take_bare(r, c->restore_table.table->foreign_keys, c->restore_table.table->n_foreign_keys);
        for (size_t i = 0; i < c->restore_table.n_referrers; i++) {
            take_full(r, c->restore_table.referrers[i].table);
        }
        return;
    case CHANGE_CREATE_COLUMN:
        take_full(r, c->create_column.table);
        take_full(r, c->create_column.restore.object);
        take_bare(r, c->create_column.foreign_keys, c->create_column.n_foreign_keys);
        return;
    case CHANGE_DROP_COLUMN:
        take_full(r, c->drop_column.table);
        return;
    case CHANGE_RENAME_COLUMN:
        catalog_each_referrer(r->before, c->rename_column.table, take_referrer, r);
        take_full(r, c->rename_column.table);
        return;
    case CHANGE_CREATE_INDEX:
        take_full(r, c->create_index.table);
        return;
    case CHANGE_DROP_INDEX:
        take_full(r, c->drop_index.table);
        return;
    case CHANGE_MODIFY_COLUMN:
        take_full(r, c->modify_column.table);
        return;
    default:
        return;
    }
}

static void choose_tables(struct rehearsal *r, const struct change_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        take_change(r, &list->items[i]);
    }
    for (size_t i = 0; i < r->before->n_tables; i++) {
        const struct table *t = r->before->tables[i];
        if (map_get(&r->full, str_of(t->name))) {
            take_bare(r, t->foreign_keys, t->n_foreign_keys);
        }
    }
}

static bool is_taken(const struct rehearsal *r, const struct table *t)
{
    return map_get(&r->full, str_of(t->name)) || map_get(&r->bare, str_of(t->name));
}

static enum errcode make_twin(struct rehearsal *r, const struct table *t)
{
    const char *name = quoted(r->arena, t->name);
    return my_run(r->scratch.conn,
                  arena_printf(r->arena, "CREATE TABLE %s LIKE %s.%s", name,
                               quoted(r->arena, r->real->database), name),
                  NULL, r->err);
}

static const struct sql_dialect *dialect_of(const struct rehearsal *r)
{
    return r->real->engine->is_mysql ? &mysql_dialect : &mariadb_dialect;
}

/* Foreign keys and triggers, which LIKE does not make. */
static enum errcode make_parts(struct rehearsal *r, const struct table *t)
{
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        struct sql_writer w;
        struct buf b;
        buf_init(&b, BUF_MAX_DEFAULT);
        sql_begin(&w, dialect_of(r), &b, r->arena);
        sql_text(&w, "ALTER TABLE ");
        sql_ident(&w, t->name);
        sql_text(&w, " ADD ");
        my_emit_foreign_key(&w, &t->foreign_keys[i], "");
        enum errcode code = my_run(r->scratch.conn, buf_text(&b), NULL, r->err);
        buf_release(&b);
        TRY(code);
    }
    for (size_t i = 0; i < t->n_triggers; i++) {
        const char *text = my_emit_trigger(r->arena, dialect_of(r), t->triggers[i].native, false);
        TRY(my_run(r->scratch.conn, text, NULL, r->err));
    }
    return ERR_OK;
}

static enum errcode make_twins(struct rehearsal *r)
{
    for (size_t i = 0; i < r->before->n_tables; i++) {
        if (is_taken(r, r->before->tables[i])) {
            TRY(make_twin(r, r->before->tables[i]));
        }
    }
    for (size_t i = 0; i < r->before->n_tables; i++) {
        if (map_get(&r->full, str_of(r->before->tables[i]->name))) {
            TRY(make_parts(r, r->before->tables[i]));
        }
    }
    return ERR_OK;
}

static enum errcode run_steps(struct rehearsal *r, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        int64_t rows = 0;
        enum errcode code = my_run_step(r->scratch.conn, &plan->steps[i], &rows, r->err);
        if (code != ERR_OK && r->err) {
            return error_where(r->err, "/operations/%zu", plan->steps[i].operation);
        }
        TRY(code);
    }
    return ERR_OK;
}

/* All that was left out is as before. */
static enum errcode read_after(struct rehearsal *r, struct plan *plan)
{
    AUTO(catalog_unrefp) struct catalog *twins = NULL;
    AUTO(catalog_unrefp) struct catalog *after = catalog_copy(r->before);
    TRY(mariadb_inspect(&r->scratch.base, &twins, r->err));
    for (size_t i = 0; i < r->before->n_tables; i++) {
        const char *name = r->before->tables[i]->name;
        if (map_get(&r->full, str_of(name))) {
            catalog_remove_table(after, catalog_find_table(after, str_of(name)));
        }
    }
    for (size_t i = 0; i < twins->n_tables; i++) {
        const struct table *t = twins->tables[i];
        bool is_bare = map_get(&r->bare, str_of(t->name)) && !map_get(&r->full, str_of(t->name));
        if (!is_bare) {
            catalog_add_table(after, table_copy(after->arena, t));
        }
    }
    plan->fingerprint_after = catalog_fingerprint(plan->arena, after);
    return ERR_OK;
}

static enum errcode rehearse_in(struct rehearsal *r, struct plan *plan)
{
    TRY(make_twins(r));
    TRY(run_steps(r, plan));
    return read_after(r, plan);
}

static const char *scratch_name(struct rehearsal *r)
{
    const struct mariadb_engine *e = r->real->engine;
    const char *hash = sha256_hex(r->arena, str_of(r->real->database));
    return arena_printf(r->arena, "%sscratch_%.12s", e->options.prefix, hash);
}

static enum errcode lock_scratch(struct my_conn *c, const char *name, struct error *err)
{
    MYSQL_RES *res = NULL;
    TRY(my_ask(c, "SELECT get_lock(?, 10)", &name, 1, &res, err));
    MYSQL_ROW row = mysql_fetch_row(res);
    bool is_mine = row && text_eq(row[0], "1");
    mysql_free_result(res);
    return is_mine ? ERR_OK
                   : ERROR(err, ERR_BUSY, "another change is being rehearsed at this moment");
}

static enum errcode make_scratch(struct rehearsal *r, const char *name)
{
    struct my_conn *c = r->scratch.conn;
    const char *q = quoted(r->arena, name);
    TRY(lock_scratch(c, name, r->err));
    TRY(my_run(c, arena_printf(r->arena, "DROP DATABASE IF EXISTS %s", q), NULL, r->err));
    TRY(my_run(c,
               arena_printf(r->arena, "CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE %s", q,
                            r->real->engine->is_mysql ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin"),
               NULL, r->err));
    return my_run(c, arena_printf(r->arena, "USE %s", q), NULL, r->err);
}

/* Whoever may not make a database plans without a rehearsal. */
static enum errcode run_rehearsal(struct rehearsal *r, struct plan *plan)
{
    const char *name = scratch_name(r);
    r->scratch.database = name;
    struct error why = ERROR_INIT;
    struct error *caller = r->err;
    r->err = &why;
    enum errcode code = make_scratch(r, name);
    if (code != ERR_OK) {
        r->err = caller;
        bool may_not = code == ERR_FORBIDDEN || code == ERR_SOURCE_REFUSED;
        if (may_not) {
            error_release(&why);
            return ERR_OK;
        }
        return error_move(caller, &why);
    }
    r->err = caller;
    code = rehearse_in(r, plan);
    const char *drop = arena_printf(r->arena, "DROP DATABASE %s", quoted(r->arena, name));
    enum errcode gone = my_run(r->scratch.conn, "UNLOCK TABLES", NULL, NULL);
    gone =
        gone == ERR_OK ? my_run(r->scratch.conn, drop, NULL, code == ERR_OK ? caller : NULL) : gone;
    return code == ERR_OK ? gone : code;
}

enum errcode mariadb_rehearse(struct session *base, struct plan *plan, struct error *err)
{
    struct mariadb_session *s = mariadb_session_of(base);
    AUTO(arena_freep) struct arena *a = arena_new();
    AUTO(catalog_unrefp) struct catalog *before = NULL;
    struct rehearsal r = {.real = s, .arena = a, .err = err};
    if (s->engine->options.is_read_only) {
        return ERR_OK; /* nothing is made on its server */
    }
    TRY(mariadb_inspect(base, &before, err));
    r.before = before;
    map_init(&r.full, a, true);
    map_init(&r.bare, a, true);
    choose_tables(&r, plan->changes);
    r.scratch = (struct mariadb_session){
        .base = {.engine = base->engine, .access = ACCESS_SCHEMA, .arena = a},
        .engine = s->engine,
        .place = s->place,
    };
    TRY(my_connect(s->engine, NULL, &r.scratch.conn, err));
    r.scratch.conn->is_patient = true;
    enum errcode code = run_rehearsal(&r, plan);
    my_close(r.scratch.conn);
    return code;
}
