#include "fault_engine.h"

#include "base/attr.h"

struct fault_engine {
    struct engine base;
    struct engine *inner;
    struct arena *arena;
    int countdown; /* calls until the fault, 0 = none */
    bool fired;
};

struct fault_session {
    struct session base;
    struct session *inner;
};

struct fault_cursor {
    struct cursor base;
    struct cursor *inner;
};

static struct fault_engine *fault_of(struct engine *e)
{
    return (struct fault_engine *)e;
}

static struct session *inner_of(struct session *s)
{
    return ((struct fault_session *)s)->inner;
}

static enum errcode pass(struct engine *e, const char *verb, struct error *err)
{
    struct fault_engine *f = fault_of(e);
    if (f->countdown == 0 || --f->countdown > 0) {
        return ERR_OK;
    }
    f->fired = true;
    return ERROR(err, ERR_IO, "a fault in %s", verb);
}

static void fault_close(struct engine *e)
{
    engine_close(fault_of(e)->inner);
    arena_free(fault_of(e)->arena);
}

static enum errcode fault_namespace_create(struct engine *e, struct str ns, struct error *err)
{
    TRY(pass(e, "namespace_create", err));
    return engine_namespace_create(fault_of(e)->inner, ns, err);
}

static enum errcode fault_namespace_drop(struct engine *e, struct str ns, struct error *err)
{
    TRY(pass(e, "namespace_drop", err));
    return engine_namespace_drop(fault_of(e)->inner, ns, err);
}

static bool fault_namespace_exists(struct engine *e, struct str ns)
{
    return engine_namespace_exists(fault_of(e)->inner, ns);
}

static enum errcode fault_session_begin(struct engine *e, struct str ns, enum access access,
                                        struct session **out, struct error *err)
{
    struct session *inner = NULL;
    TRY(pass(e, "session_begin", err));
    TRY(engine_session_begin(fault_of(e)->inner, ns, access, &inner, err));
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
    return pass(w->engine, "commit", err);
}

static enum errcode fault_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                                   struct error *err)
{
    struct wrapped w = {e, fn, arg};
    TRY(pass(e, "transact", err));
    return engine_transact(fault_of(e)->inner, ns, call_wrapped, &w, err);
}

static enum errcode fault_generation(struct engine *e, struct str ns, uint64_t *out,
                                     struct error *err)
{
    TRY(pass(e, "generation", err));
    return engine_generation(fault_of(e)->inner, ns, out, err);
}

static enum errcode fault_inspect(struct session *s, struct catalog **out, struct error *err)
{
    TRY(pass(s->engine, "inspect", err));
    return engine_inspect(inner_of(s), out, err);
}

static enum errcode fault_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                               struct error *err)
{
    TRY(pass(e, "plan", err));
    return engine_plan(fault_of(e)->inner, before, plan, err);
}

static enum errcode fault_rehearse(struct session *s, struct plan *plan, struct error *err)
{
    TRY(pass(s->engine, "rehearse", err));
    return engine_rehearse(inner_of(s), plan, err);
}

static enum errcode fault_group_begin(struct session *s, const struct plan_group *g,
                                      struct error *err)
{
    TRY(pass(s->engine, "group_begin", err));
    return engine_group_begin(inner_of(s), g, err);
}

static enum errcode fault_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                                   struct error *err)
{
    TRY(pass(s->engine, "run_step", err));
    return engine_run_step(inner_of(s), step, n_rows, err);
}

static enum errcode fault_group_end(struct session *s, const struct plan_group *g, bool commit,
                                    struct error *err)
{
    enum errcode code = pass(s->engine, "group_end", err);
    if (code == ERR_OK) {
        return engine_group_end(inner_of(s), g, commit, err);
    }
    (void)!engine_group_end(inner_of(s), g, false, NULL);
    return code;
}

static enum errcode fault_select(struct session *s, const struct query *q, struct cursor **out,
                                 struct error *err)
{
    struct cursor *inner = NULL;
    TRY(pass(s->engine, "select", err));
    TRY(engine_select(inner_of(s), q, &inner, err));
    struct fault_cursor *c = ARENA_NEW(inner_of(s)->arena, struct fault_cursor);
    c->inner = inner;
    *out = &c->base;
    return ERR_OK;
}

static enum errcode fault_cursor_next(struct cursor *c, const struct value **row, struct error *err)
{
    TRY(pass(c->session->engine, "cursor_next", err));
    return engine_cursor_next(((struct fault_cursor *)c)->inner, row, err);
}

static void fault_cursor_close(struct cursor *c)
{
    engine_cursor_close(((struct fault_cursor *)c)->inner);
}

static enum errcode fault_write(struct session *s, const struct write *w, struct write_result *out,
                                struct error *err)
{
    TRY(pass(s->engine, "write", err));
    return engine_write(inner_of(s), w, out, err);
}

static struct engine_ops fault_ops = {
    .name = "fault",
    .close = fault_close,
    .namespace_create = fault_namespace_create,
    .namespace_drop = fault_namespace_drop,
    .namespace_exists = fault_namespace_exists,
    .session_begin = fault_session_begin,
    .session_end = fault_session_end,
    .transact = fault_transact,
    .generation = fault_generation,
    .inspect = fault_inspect,
    .plan = fault_plan,
    .rehearse = fault_rehearse,
    .group_begin = fault_group_begin,
    .run_step = fault_run_step,
    .group_end = fault_group_end,
    .select = fault_select,
    .cursor_next = fault_cursor_next,
    .cursor_close = fault_cursor_close,
    .write = fault_write,
};

struct engine *fault_engine_open(struct engine *inner)
{
    struct arena *a = arena_new();
    struct fault_engine *f = ARENA_NEW(a, struct fault_engine);
    f->arena = a;
    f->inner = inner;
    f->base.caps = inner->caps;
    engine_register(&f->base, &fault_ops);
    return &f->base;
}

void fault_engine_arm(struct engine *e, int n)
{
    fault_of(e)->countdown = n;
    fault_of(e)->fired = false;
}

bool fault_engine_fired(const struct engine *e)
{
    return ((const struct fault_engine *)e)->fired;
}
