#include "fault_engine.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/attr.h"
#include "loop/loop.h"

struct fault_engine {
    struct engine base;
    struct engine *inner;
    struct arena *arena;
    struct fault fault;
    atomic_int countdown; /* calls until the fault; 0 and less = none */
    atomic_bool fired;
};

struct fault_session {
    struct session base;
    struct session *inner;
};

struct fault_cursor {
    struct cursor base;
    struct cursor *inner;
};

struct fault_bulk {
    struct bulk base;
    struct bulk *inner;
};

struct fault_lock {
    struct engine_lock base;
    struct engine_lock *inner;
};

static struct fault_engine *fault_of(struct engine *e)
{
    return (struct fault_engine *)e;
}

static struct engine *inner_engine(struct engine *e)
{
    return fault_of(e)->inner;
}

static struct session *inner_of(struct session *s)
{
    return ((struct fault_session *)s)->inner;
}

/* What happens to this call; one that is late has been by then. */
static enum fault_kind strike(struct engine *e)
{
    struct fault_engine *f = fault_of(e);
    if (atomic_load(&f->countdown) <= 0 || atomic_fetch_sub(&f->countdown, 1) != 1) {
        return FAULT_NONE;
    }
    atomic_store(&f->fired, true);
    if (f->fault.kind == FAULT_DELAY) {
        (void)!loop_sleep(f->fault.delay_us, NULL);
        return FAULT_NONE;
    }
    return f->fault.kind;
}

static enum errcode fault_error(struct engine *e, const char *verb, struct error *err)
{
    const struct fault *f = &fault_of(e)->fault;
    return ERROR(err, f->code ? f->code : ERR_IO, "a fault %s %s",
                 f->kind == FAULT_AFTER ? "behind" : "in", verb);
}

/* A whole verb: @call is only made when nothing strikes before. */
#define PASS(e, verb, err, call)                    \
    do {                                            \
        enum fault_kind struck = strike(e);         \
        if (struck == FAULT_BEFORE) {               \
            return fault_error((e), (verb), (err)); \
        }                                           \
        TRY(call);                                  \
        if (struck == FAULT_AFTER) {                \
            return fault_error((e), (verb), (err)); \
        }                                           \
        return ERR_OK;                              \
    } while (0)

static void fault_close(struct engine *e)
{
    engine_close(inner_engine(e));
    arena_free(fault_of(e)->arena);
}

static enum errcode fault_ping(struct engine *e, struct error *err)
{
    PASS(e, "ping", err, engine_ping(inner_engine(e), err));
}

static enum errcode fault_namespace_create(struct engine *e, struct str ns, struct error *err)
{
    PASS(e, "namespace_create", err, engine_namespace_create(inner_engine(e), ns, err));
}

static enum errcode fault_namespace_drop(struct engine *e, struct str ns, struct error *err)
{
    PASS(e, "namespace_drop", err, engine_namespace_drop(inner_engine(e), ns, err));
}

static bool fault_namespace_exists(struct engine *e, struct str ns)
{
    return engine_namespace_exists(inner_engine(e), ns);
}

static enum errcode fault_session_begin(struct engine *e, struct str ns, enum access access,
                                        struct session **out, struct error *err)
{
    struct session *inner = NULL;
    enum fault_kind struck = strike(e);
    if (struck == FAULT_BEFORE) {
        return fault_error(e, "session_begin", err);
    }
    TRY(engine_session_begin(inner_engine(e), ns, access, &inner, err));
    if (struck == FAULT_AFTER) {
        engine_session_end(inner);
        return fault_error(e, "session_begin", err);
    }
    struct arena *a = arena_new();
    struct fault_session *s = ARENA_NEW(a, struct fault_session);
    s->base.arena = a;
    s->inner = inner;
    *out = &s->base;
    return ERR_OK;
}

static void fault_session_end(struct session *s)
{
    engine_session_end(inner_of(s));
}

struct wrapped {
    struct engine *engine;
    transact_fn *fn;
    void *arg;
};

static enum errcode call_wrapped(struct session *inner, void *arg, struct error *err)
{
    struct wrapped *w = arg;
    struct fault_session s = {.base = *inner, .inner = inner};
    s.base.engine = w->engine;
    TRY(w->fn(&s.base, w->arg, err));
    return strike(w->engine) == FAULT_BEFORE ? fault_error(w->engine, "commit", err) : ERR_OK;
}

static enum errcode fault_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                                   struct error *err)
{
    struct wrapped w = {e, fn, arg};
    PASS(e, "transact", err, engine_transact(inner_engine(e), ns, call_wrapped, &w, err));
}

static enum errcode fault_generation(struct engine *e, struct str ns, uint64_t *out,
                                     struct error *err)
{
    PASS(e, "generation", err, engine_generation(inner_engine(e), ns, out, err));
}

static enum errcode fault_inspect(struct session *s, struct catalog **out, struct error *err)
{
    struct engine *e = s->engine;
    enum fault_kind struck = strike(e);
    if (struck == FAULT_BEFORE) {
        return fault_error(e, "inspect", err);
    }
    TRY(engine_inspect(inner_of(s), out, err));
    if (struck == FAULT_AFTER) {
        *out = catalog_unref(*out);
        return fault_error(e, "inspect", err);
    }
    return ERR_OK;
}

static enum errcode fault_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                               struct error *err)
{
    PASS(e, "plan", err, engine_plan(inner_engine(e), before, plan, err));
}

static const char *fault_view_text(struct engine *e, struct arena *a, const struct engine_view *v)
{
    return engine_view_text(inner_engine(e), a, v);
}

static enum errcode fault_rehearse(struct session *s, struct plan *plan, struct error *err)
{
    PASS(s->engine, "rehearse", err, engine_rehearse(inner_of(s), plan, err));
}

static enum errcode fault_group_begin(struct session *s, const struct plan_group *g,
                                      struct error *err)
{
    PASS(s->engine, "group_begin", err, engine_group_begin(inner_of(s), g, err));
}

static enum errcode fault_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                                   struct error *err)
{
    PASS(s->engine, "run_step", err, engine_run_step(inner_of(s), step, n_rows, err));
}

static enum errcode fault_group_end(struct session *s, const struct plan_group *g, bool commit,
                                    struct error *err)
{
    enum fault_kind struck = strike(s->engine);
    if (struck == FAULT_BEFORE) {
        (void)!engine_group_end(inner_of(s), g, false, NULL);
        return fault_error(s->engine, "group_end", err);
    }
    TRY(engine_group_end(inner_of(s), g, commit, err));
    return struck == FAULT_AFTER ? fault_error(s->engine, "group_end", err) : ERR_OK;
}

static enum errcode fault_group_transact(struct session *s, struct str ns, transact_fn *fn,
                                         void *arg, struct error *err)
{
    struct wrapped w = {s->engine, fn, arg};
    PASS(s->engine, "group_transact", err,
         engine_group_transact(inner_of(s), ns, call_wrapped, &w, err));
}

static enum errcode fault_select(struct session *s, const struct query *q, struct cursor **out,
                                 struct error *err)
{
    struct cursor *inner = NULL;
    enum fault_kind struck = strike(s->engine);
    if (struck == FAULT_BEFORE) {
        return fault_error(s->engine, "select", err);
    }
    TRY(engine_select(inner_of(s), q, &inner, err));
    if (struck == FAULT_AFTER) {
        engine_cursor_close(inner);
        return fault_error(s->engine, "select", err);
    }
    struct fault_cursor *c = ARENA_NEW(inner_of(s)->arena, struct fault_cursor);
    c->inner = inner;
    *out = &c->base;
    return ERR_OK;
}

static enum errcode fault_cursor_next(struct cursor *c, const struct value **row, struct error *err)
{
    PASS(c->session->engine, "cursor_next", err,
         engine_cursor_next(((struct fault_cursor *)c)->inner, row, err));
}

static void fault_cursor_close(struct cursor *c)
{
    engine_cursor_close(((struct fault_cursor *)c)->inner);
}

static enum errcode fault_write(struct session *s, const struct write *w, struct write_result *out,
                                struct error *err)
{
    PASS(s->engine, "write", err, engine_write(inner_of(s), w, out, err));
}

static int64_t fault_row_estimate(struct session *s, const struct table *t)
{
    return engine_row_estimate(inner_of(s), t);
}

static enum errcode fault_bulk_begin(struct engine *e, struct str ns, const struct write *shape,
                                     struct bulk **out, struct error *err)
{
    struct bulk *inner = NULL;
    enum fault_kind struck = strike(e);
    if (struck == FAULT_BEFORE) {
        return fault_error(e, "bulk_begin", err);
    }
    TRY(engine_bulk_begin(inner_engine(e), ns, shape, &inner, err));
    if (struck == FAULT_AFTER) {
        struct write_result none = {0};
        (void)!engine_bulk_end(inner, false, &none, NULL);
        return fault_error(e, "bulk_begin", err);
    }
    struct fault_bulk *b = calloc(1, sizeof *b);
    b->inner = inner;
    *out = &b->base;
    return ERR_OK;
}

static enum errcode fault_bulk_row(struct bulk *b, const struct value *values, struct error *err)
{
    PASS(b->engine, "bulk_row", err, engine_bulk_row(((struct fault_bulk *)b)->inner, values, err));
}

static enum errcode fault_bulk_end(struct bulk *b, bool commit, struct write_result *out,
                                   struct error *err)
{
    struct engine *e = b->engine;
    struct bulk *inner = ((struct fault_bulk *)b)->inner;
    enum fault_kind struck = commit ? strike(e) : FAULT_NONE;
    free(b);
    enum errcode code = engine_bulk_end(inner, commit && struck != FAULT_BEFORE, out, err);
    return code == ERR_OK && struck != FAULT_NONE ? fault_error(e, "bulk_end", err) : code;
}

static enum errcode fault_lock(struct engine *e, struct str name, enum lock_mode mode,
                               struct engine_lock **out, struct error *err)
{
    struct engine_lock *inner = NULL;
    enum fault_kind struck = strike(e);
    if (struck == FAULT_BEFORE) {
        return fault_error(e, "lock", err);
    }
    TRY(engine_lock(inner_engine(e), name, mode, &inner, err));
    if (struck == FAULT_AFTER) {
        engine_unlock(inner);
        return fault_error(e, "lock", err);
    }
    *out = NULL;
    if (inner) {
        struct fault_lock *l = calloc(1, sizeof *l);
        l->base.engine = e;
        l->inner = inner;
        *out = &l->base;
    }
    return ERR_OK;
}

static bool fault_lock_holds(const struct engine_lock *l)
{
    return engine_lock_holds(((const struct fault_lock *)l)->inner);
}

static void fault_unlock(struct engine_lock *l)
{
    engine_unlock(((struct fault_lock *)l)->inner);
    free(l);
}

static enum errcode fault_backup(struct engine *e, struct str ns, const char *path,
                                 struct error *err)
{
    PASS(e, "backup", err, engine_backup(inner_engine(e), ns, path, err));
}

static enum errcode fault_verify(struct engine *e, struct str ns, struct buf *report, bool *sound,
                                 struct error *err)
{
    PASS(e, "verify", err, engine_verify(inner_engine(e), ns, report, sound, err));
}

static struct engine_ops fault_ops = {
    .name = "fault",
    .close = fault_close,
    .ping = fault_ping,
    .namespace_create = fault_namespace_create,
    .namespace_drop = fault_namespace_drop,
    .namespace_exists = fault_namespace_exists,
    .session_begin = fault_session_begin,
    .session_end = fault_session_end,
    .transact = fault_transact,
    .generation = fault_generation,
    .inspect = fault_inspect,
    .plan = fault_plan,
    .view_text = fault_view_text,
    .rehearse = fault_rehearse,
    .group_begin = fault_group_begin,
    .run_step = fault_run_step,
    .group_end = fault_group_end,
    .group_transact = fault_group_transact,
    .select = fault_select,
    .cursor_next = fault_cursor_next,
    .cursor_close = fault_cursor_close,
    .write = fault_write,
    .row_estimate = fault_row_estimate,
    .bulk_begin = fault_bulk_begin,
    .bulk_row = fault_bulk_row,
    .bulk_end = fault_bulk_end,
    .lock = fault_lock,
    .lock_holds = fault_lock_holds,
    .unlock = fault_unlock,
    .backup = fault_backup,
    .verify = fault_verify,
};

struct engine *fault_engine_open(struct engine *inner)
{
    struct arena *a = arena_new();
    struct fault_engine *f = ARENA_NEW(a, struct fault_engine);
    f->arena = a;
    f->inner = inner;
    f->base.caps = inner->caps;
    f->base.version = inner->version;
    engine_register(&f->base, &fault_ops);
    return &f->base;
}

void fault_engine_arm(struct engine *e, const struct fault *f)
{
    fault_of(e)->fault = f ? *f : (struct fault){0};
    atomic_store(&fault_of(e)->fired, false);
    atomic_store(&fault_of(e)->countdown, f ? f->n : 0);
}

bool fault_engine_fired(const struct engine *e)
{
    return atomic_load(&((const struct fault_engine *)e)->fired);
}
