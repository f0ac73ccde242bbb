#include "engine/engine.h"

#include "base/attr.h"
#include "engine/catalog_cache.h"
#include "engine/lock.h"

static const struct engine_ability abilities[] = {
#define ABILITY(name, meaning) {#name, meaning, offsetof(struct engine_caps, name)},
#include "engine/abilities.def"
#undef ABILITY
};

const struct engine_ability *engine_abilities(size_t *n)
{
    *n = ARRAY_LEN(abilities);
    return abilities;
}

bool engine_has(const struct engine_caps *caps, const char *name)
{
    size_t i = 0;
    while (i < ARRAY_LEN(abilities) && !text_eq(abilities[i].name, name)) {
        i++;
    }
    BUG_ON(i == ARRAY_LEN(abilities));
    return *(const bool *)((const char *)caps + abilities[i].offset);
}

static enum errcode lack(struct engine *e, const char *what, struct error *err)
{
    return ERROR(err, ERR_UNSUPPORTED, "engine %s cannot %s", e->ops->name, what);
}

/* What stands in a slot that a driver leaves empty. */

static enum errcode engine_default_ping(struct engine *e, struct error *err)
{
    (void)e;
    (void)err;
    return ERR_OK;
}

static enum errcode engine_default_namespace_drop(struct engine *e, struct str ns,
                                                  struct error *err)
{
    (void)ns;
    return lack(e, "drop a namespace", err);
}

static enum errcode engine_default_rehearse(struct session *s, struct plan *plan, struct error *err)
{
    (void)plan;
    return lack(s->engine, "rehearse a change", err);
}

static enum errcode engine_default_group_begin(struct session *s, const struct plan_group *g,
                                               struct error *err)
{
    (void)g;
    return lack(s->engine, "change structure", err);
}

static enum errcode engine_default_run_step(struct session *s, const struct plan_step *step,
                                            int64_t *n_rows, struct error *err)
{
    (void)step;
    (void)n_rows;
    return lack(s->engine, "change structure", err);
}

static enum errcode engine_default_group_end(struct session *s, const struct plan_group *g,
                                             bool commit, struct error *err)
{
    (void)g;
    (void)commit;
    return lack(s->engine, "change structure", err);
}

static enum errcode engine_default_select(struct session *s, const struct query *q,
                                          struct cursor **out, struct error *err)
{
    (void)q;
    (void)out;
    return lack(s->engine, "read rows", err);
}

static enum errcode engine_default_cursor_next(struct cursor *c, const struct value **row,
                                               struct error *err)
{
    (void)row;
    return lack(c->session->engine, "read rows", err);
}

static void engine_default_cursor_close(struct cursor *c)
{
    (void)c;
}

static enum errcode engine_default_write(struct session *s, const struct write *w,
                                         struct write_result *out, struct error *err)
{
    (void)w;
    (void)out;
    return lack(s->engine, "write rows", err);
}

static int64_t engine_default_row_estimate(struct session *s, const struct table *t)
{
    (void)s;
    return t->row_estimate;
}

static enum errcode engine_default_backup(struct engine *e, struct str ns, const char *path,
                                          struct error *err)
{
    (void)ns;
    (void)path;
    return lack(e, "copy a namespace", err);
}

static enum errcode engine_default_verify(struct engine *e, struct str ns, struct buf *report,
                                          bool *sound, struct error *err)
{
    (void)ns;
    (void)report;
    (void)sound;
    return lack(e, "verify a namespace", err);
}

/* The bulk load of engines without one of their own: rows wait in an arena, then go in together. */
struct plain_bulk {
    struct bulk base;
    struct arena *arena;
    struct str ns;
    struct write shape;
    const struct value **rows;
    size_t n_rows;
    struct write_result total;
};

static bool value_is_long(const struct value *v)
{
    return v->kind == VALUE_TEXT || v->kind == VALUE_BYTES;
}

static const struct value *copy_row(struct arena *a, const struct value *row, size_t n)
{
    struct value *copy = ARENA_ARRAY(a, n, struct value);
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += value_is_long(&row[i]) ? row[i].s.n + 1 : 0;
    }
    char *at = arena_alloc(a, bytes); /* all of them, each with its NUL */
    for (size_t i = 0; i < n; i++) {
        copy[i] = row[i];
        if (value_is_long(&row[i])) {
            copy[i].s.p = at;
            memcpy(at, row[i].s.p ? row[i].s.p : "", row[i].s.n);
            at += row[i].s.n + 1;
        }
    }
    return copy;
}

static enum errcode engine_default_bulk_begin(struct engine *e, struct str ns,
                                              const struct write *shape, struct bulk **out,
                                              struct error *err)
{
    (void)e;
    (void)err;
    struct arena *a = arena_new();
    struct plain_bulk *b = ARENA_NEW(a, struct plain_bulk);
    b->arena = a;
    b->ns = (struct str){arena_str(a, ns), ns.n};
    b->shape = *shape;
    *out = &b->base;
    return ERR_OK;
}

static enum errcode engine_default_bulk_row(struct bulk *bulk, const struct value *values,
                                            struct error *err)
{
    (void)err;
    struct plain_bulk *b = (struct plain_bulk *)bulk;
    const struct value *row = copy_row(b->arena, values, b->shape.n_columns);
    ARENA_PUSH(b->arena, b->rows, b->n_rows, row);
    return ERR_OK;
}

static enum errcode write_rows(struct session *s, void *arg, struct error *err)
{
    struct plain_bulk *b = arg;
    struct write w = b->shape;
    b->total = (struct write_result){0};
    for (size_t i = 0; i < b->n_rows; i++) {
        struct write_result one = {0};
        w.values = b->rows[i];
        TRY(engine_write(s, &w, &one, err));
        b->total.n_rows += one.n_rows;
        b->total.n_inserted += one.n_inserted;
        b->total.last_id = one.last_id;
    }
    return ERR_OK;
}

static enum errcode engine_default_bulk_end(struct bulk *bulk, bool commit,
                                            struct write_result *out, struct error *err)
{
    struct plain_bulk *b = (struct plain_bulk *)bulk;
    enum errcode code = ERR_OK;
    if (commit) {
        code = engine_transact(bulk->engine, b->ns, write_rows, b, err);
    }
    if (code == ERR_OK && out) {
        *out = b->total;
    }
    arena_free(b->arena);
    return code;
}

#define FILL(slot)                             \
    do {                                       \
        if (!ops->slot) {                      \
            ops->slot = engine_default_##slot; \
        }                                      \
    } while (0)

void engine_register(struct engine *e, struct engine_ops *ops)
{
    BUG_ON(!ops->name || !ops->close);
    BUG_ON(!ops->namespace_create || !ops->namespace_exists);
    BUG_ON(!ops->session_begin || !ops->session_end || !ops->transact);
    BUG_ON(!ops->generation || !ops->inspect || !ops->plan);
    BUG_ON(!ops->bulk_begin != !ops->bulk_row || !ops->bulk_begin != !ops->bulk_end);
    BUG_ON(!ops->lock != !ops->unlock || !ops->lock != !ops->lock_holds);
    BUG_ON(e->caps.ddl_with_registry && !ops->group_transact);
    FILL(ping);
    FILL(namespace_drop);
    FILL(rehearse);
    FILL(group_begin);
    FILL(run_step);
    FILL(group_end);
    FILL(select);
    FILL(cursor_next);
    FILL(cursor_close);
    FILL(write);
    FILL(row_estimate);
    FILL(bulk_begin);
    FILL(bulk_row);
    FILL(bulk_end);
    FILL(lock);
    FILL(lock_holds);
    FILL(unlock);
    FILL(backup);
    FILL(verify);
    e->ops = ops;
}

void engine_close(struct engine *e)
{
    if (e) {
        catalog_cache_free(e);
        e->ops->close(e);
    }
}

enum errcode engine_ping(struct engine *e, struct error *err)
{
    return e->ops->ping(e, err);
}

enum errcode engine_namespace_create(struct engine *e, struct str ns, struct error *err)
{
    return e->ops->namespace_create(e, ns, err);
}

enum errcode engine_namespace_drop(struct engine *e, struct str ns, struct error *err)
{
    return e->ops->namespace_drop(e, ns, err);
}

bool engine_namespace_exists(struct engine *e, struct str ns)
{
    return e->ops->namespace_exists(e, ns);
}

enum errcode engine_session_begin(struct engine *e, struct str ns, enum access access,
                                  struct session **out, struct error *err)
{
    BUG_ON(access == ACCESS_NONE);
    struct session *s = NULL;
    TRY(e->ops->session_begin(e, ns, access, &s, err));
    s->engine = e;
    s->access = access;
    if (!s->arena) {
        s->arena = arena_new();
    }
    *out = s;
    return ERR_OK;
}

void engine_session_end(struct session *s)
{
    if (!s) {
        return;
    }
    struct arena *a = s->arena; /* the session itself may live in it */
    s->engine->ops->session_end(s);
    arena_free(a);
}

void engine_session_endp(struct session **s)
{
    engine_session_end(*s);
    *s = NULL;
}

enum errcode engine_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                             struct error *err)
{
    return e->ops->transact(e, ns, fn, arg, err);
}

enum errcode engine_generation(struct engine *e, struct str ns, uint64_t *out, struct error *err)
{
    return e->ops->generation(e, ns, out, err);
}

enum errcode engine_refresh(struct engine *e, struct str ns, struct error *err)
{
    return e->ops->refresh ? e->ops->refresh(e, ns, err) : ERR_OK;
}

enum errcode engine_inspect(struct session *s, struct catalog **out, struct error *err)
{
    return s->engine->ops->inspect(s, out, err);
}

enum errcode engine_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                         struct error *err)
{
    BUG_ON(!plan->arena || !plan->changes);
    return e->ops->plan(e, before, plan, err);
}

const char *engine_view_text(struct engine *e, struct arena *a, const struct engine_view *v)
{
    BUG_ON(!e->caps.views || !e->ops->view_text);
    return e->ops->view_text(e, a, v);
}

enum errcode engine_rehearse(struct session *s, struct plan *plan, struct error *err)
{
    if (!s->engine->caps.rehearse) {
        return lack(s->engine, "rehearse a change", err);
    }
    return s->engine->ops->rehearse(s, plan, err);
}

static enum errcode require_schema(const struct session *s, struct error *err)
{
    if (s->access != ACCESS_SCHEMA) {
        return ERROR(err, ERR_INTERNAL, "structure is changed on a schema session only");
    }
    return ERR_OK;
}

enum errcode engine_group_begin(struct session *s, const struct plan_group *g, struct error *err)
{
    TRY(require_schema(s, err));
    return s->engine->ops->group_begin(s, g, err);
}

enum errcode engine_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                             struct error *err)
{
    TRY(require_schema(s, err));
    return s->engine->ops->run_step(s, step, n_rows, err);
}

enum errcode engine_group_end(struct session *s, const struct plan_group *g, bool commit,
                              struct error *err)
{
    TRY(require_schema(s, err));
    return s->engine->ops->group_end(s, g, commit, err);
}

enum errcode engine_group_transact(struct session *s, struct str ns, transact_fn *fn, void *arg,
                                   struct error *err)
{
    TRY(require_schema(s, err));
    if (!s->engine->caps.ddl_with_registry) {
        return lack(s->engine, "change structure and other rows in one transaction", err);
    }
    return s->engine->ops->group_transact(s, ns, fn, arg, err);
}

enum errcode engine_select(struct session *s, const struct query *q, struct cursor **out,
                           struct error *err)
{
    struct cursor *c = NULL;
    TRY(s->engine->ops->select(s, q, &c, err));
    c->session = s;
    c->query = q;
    *out = c;
    return ERR_OK;
}

enum errcode engine_cursor_next(struct cursor *c, const struct value **row, struct error *err)
{
    return c->session->engine->ops->cursor_next(c, row, err);
}

void engine_cursor_close(struct cursor *c)
{
    if (c) {
        c->session->engine->ops->cursor_close(c);
    }
}

void engine_cursor_closep(struct cursor **c)
{
    engine_cursor_close(*c);
    *c = NULL;
}

enum errcode engine_write(struct session *s, const struct write *w, struct write_result *out,
                          struct error *err)
{
    if (s->access == ACCESS_READ) {
        return ERROR(err, ERR_INTERNAL, "a reading session writes nothing");
    }
    bool aims = w->kind == WRITE_UPDATE || w->kind == WRITE_DELETE;
    if (aims && !w->where && !w->all_rows) {
        return ERROR(err, ERR_INVALID, "a change of every row of \"%s\" must say so",
                     w->table->name);
    }
    return s->engine->ops->write(s, w, out, err);
}

int64_t engine_row_estimate(struct session *s, const struct table *t)
{
    return s->engine->ops->row_estimate(s, t);
}

enum errcode engine_bulk_begin(struct engine *e, struct str ns, const struct write *shape,
                               struct bulk **out, struct error *err)
{
    struct bulk *b = NULL;
    TRY(e->ops->bulk_begin(e, ns, shape, &b, err));
    b->engine = e;
    *out = b;
    return ERR_OK;
}

enum errcode engine_bulk_row(struct bulk *b, const struct value *values, struct error *err)
{
    return b->engine->ops->bulk_row(b, values, err);
}

enum errcode engine_bulk_end(struct bulk *b, bool commit, struct write_result *out,
                             struct error *err)
{
    return b->engine->ops->bulk_end(b, commit, out, err);
}

enum errcode engine_backup(struct engine *e, struct str ns, const char *path, struct error *err)
{
    return e->ops->backup(e, ns, path, err);
}

enum errcode engine_verify(struct engine *e, struct str ns, struct buf *report, bool *sound,
                           struct error *err)
{
    return e->ops->verify(e, ns, report, sound, err);
}

enum errcode engine_query_one(struct session *s, const struct query *q, struct arena *a,
                              const struct value **row, struct error *err)
{
    struct cursor *c AUTO(engine_cursor_closep) = NULL;
    const struct value *found = NULL;
    TRY(engine_select(s, q, &c, err));
    TRY(engine_cursor_next(c, &found, err));
    *row = found ? copy_row(a, found, q->count_only ? 1 : q->n_columns) : NULL;
    return ERR_OK;
}
