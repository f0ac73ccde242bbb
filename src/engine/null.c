#include "engine/null.h"

#include <pthread.h>

#include "base/attr.h"
#include "base/map.h"
#include "engine/null_json.h"

struct null_namespace {
    struct catalog *catalog; /* published, never changed: replaced under the lock */
};

struct null_engine {
    struct engine base;
    struct arena *arena;
    pthread_mutex_t lock; /* namespaces and their catalogs */
    struct map namespaces;
};

struct null_session {
    struct session base;
    struct null_namespace *ns;
    struct catalog *saved; /* what the open group comes back to */
};

static struct null_engine *null_of(struct engine *e)
{
    return (struct null_engine *)e;
}

static struct null_session *session_of(struct session *s)
{
    return (struct null_session *)s;
}

static void null_close(struct engine *e)
{
    struct null_engine *n = null_of(e);
    for (size_t i = 0; i < n->namespaces.n; i++) {
        struct null_namespace *ns = n->namespaces.entries[i].value;
        if (ns) {
            catalog_unref(ns->catalog);
        }
    }
    pthread_mutex_destroy(&n->lock);
    arena_free(n->arena);
}

static enum errcode null_namespace_create(struct engine *e, struct str name, struct error *err)
{
    (void)err;
    struct null_engine *n = null_of(e);
    pthread_mutex_lock(&n->lock);
    if (!map_get(&n->namespaces, name)) {
        struct null_namespace *ns = ARENA_NEW(n->arena, struct null_namespace);
        ns->catalog = catalog_new();
        map_put(&n->namespaces, name, ns);
    }
    pthread_mutex_unlock(&n->lock);
    return ERR_OK;
}

static enum errcode null_namespace_drop(struct engine *e, struct str name, struct error *err)
{
    struct null_engine *n = null_of(e);
    pthread_mutex_lock(&n->lock);
    struct null_namespace *ns = map_put(&n->namespaces, name, NULL);
    if (ns) {
        ns->catalog = catalog_unref(ns->catalog);
    }
    pthread_mutex_unlock(&n->lock);
    return ns ? ERR_OK : ERROR(err, ERR_NOT_FOUND, "no namespace \"%.*s\"", (int)name.n, name.p);
}

static bool null_namespace_exists(struct engine *e, struct str name)
{
    struct null_engine *n = null_of(e);
    pthread_mutex_lock(&n->lock);
    bool exists = map_get(&n->namespaces, name) != NULL;
    pthread_mutex_unlock(&n->lock);
    return exists;
}

static enum errcode find_namespace(struct null_engine *n, struct str name,
                                   struct null_namespace **out, struct error *err)
{
    pthread_mutex_lock(&n->lock);
    struct null_namespace *ns = map_get(&n->namespaces, name);
    pthread_mutex_unlock(&n->lock);
    if (!ns) {
        return ERROR(err, ERR_NOT_FOUND, "no namespace \"%.*s\"", (int)name.n, name.p);
    }
    *out = ns;
    return ERR_OK;
}

static struct catalog *borrow_catalog(struct null_engine *n, const struct null_namespace *ns)
{
    pthread_mutex_lock(&n->lock);
    struct catalog *c = catalog_ref(ns->catalog);
    pthread_mutex_unlock(&n->lock);
    return c;
}

/* Publishes @c, whose reference is taken over. */
static void replace_catalog(struct null_engine *n, struct null_namespace *ns, struct catalog *c)
{
    pthread_mutex_lock(&n->lock);
    struct catalog *old = ns->catalog;
    ns->catalog = c;
    pthread_mutex_unlock(&n->lock);
    catalog_unref(old);
}

static enum errcode null_session_begin(struct engine *e, struct str name, enum access access,
                                       struct session **out, struct error *err)
{
    (void)access;
    struct null_namespace *ns = NULL;
    TRY(find_namespace(null_of(e), name, &ns, err));
    struct arena *a = arena_new();
    struct null_session *s = ARENA_NEW(a, struct null_session);
    s->base.arena = a;
    s->ns = ns;
    *out = &s->base;
    return ERR_OK;
}

static void null_session_end(struct session *s)
{
    struct null_session *session = session_of(s);
    if (session->saved) { /* a group that nobody ended */
        replace_catalog(null_of(s->engine), session->ns, session->saved);
    }
}

static enum errcode null_transact(struct engine *e, struct str name, transact_fn *fn, void *arg,
                                  struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    TRY(engine_session_begin(e, name, ACCESS_SCHEMA, &s, err));
    return fn(s, arg, err);
}

static enum errcode null_generation(struct engine *e, struct str name, uint64_t *out,
                                    struct error *err)
{
    struct null_namespace *ns = NULL;
    TRY(find_namespace(null_of(e), name, &ns, err));
    struct catalog *c AUTO(catalog_unrefp) = borrow_catalog(null_of(e), ns);
    *out = c->generation;
    return ERR_OK;
}

static enum errcode null_inspect(struct session *s, struct catalog **out, struct error *err)
{
    (void)err;
    *out = borrow_catalog(null_of(s->engine), session_of(s)->ns);
    return ERR_OK;
}

static enum errcode null_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                              struct error *err)
{
    (void)e;
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    TRY(change_list_apply(plan->changes, before, &after, err));
    plan_add_group(plan, true, false);
    for (size_t i = 0; i < plan->changes->n; i++) {
        const struct change *c = &plan->changes->items[i];
        const char *text = null_step_text(plan->arena, c);
        struct plan_step *step = plan_add_step(plan, STEP_RUN, i, text);
        step->comment = change_ops(c->kind)->summary(plan->arena, c);
    }
    plan->fingerprint_before = catalog_fingerprint(plan->arena, before);
    return ERR_OK;
}

static enum errcode null_rehearse(struct session *s, struct plan *plan, struct error *err)
{
    struct catalog *now AUTO(catalog_unrefp) =
        borrow_catalog(null_of(s->engine), session_of(s)->ns);
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    TRY(change_list_apply(plan->changes, now, &after, err));
    plan->fingerprint_after = catalog_fingerprint(plan->arena, after);
    return ERR_OK;
}

static enum errcode null_group_begin(struct session *s, const struct plan_group *g,
                                     struct error *err)
{
    (void)g;
    struct null_session *session = session_of(s);
    if (session->saved) {
        return ERROR(err, ERR_INTERNAL, "a group is open already");
    }
    session->saved = borrow_catalog(null_of(s->engine), session->ns);
    return ERR_OK;
}

static enum errcode null_run_step(struct session *s, const struct plan_step *step, int64_t *n_rows,
                                  struct error *err)
{
    struct null_session *session = session_of(s);
    struct null_engine *n = null_of(s->engine);
    struct arena *scratch AUTO(arena_freep) = arena_new();
    struct catalog *now AUTO(catalog_unrefp) = borrow_catalog(n, session->ns);
    struct change_list list = {0};
    struct catalog *after = NULL;
    TRY(null_step_parse(scratch, str_of(step->text), &list, err));
    TRY(change_list_apply(&list, now, &after, err));
    after->generation = now->generation + 1;
    replace_catalog(n, session->ns, after);
    if (n_rows) {
        *n_rows = 0;
    }
    return ERR_OK;
}

static enum errcode null_group_end(struct session *s, const struct plan_group *g, bool commit,
                                   struct error *err)
{
    (void)g;
    struct null_session *session = session_of(s);
    if (!session->saved) {
        return ERROR(err, ERR_INTERNAL, "no group is open");
    }
    struct catalog *saved = session->saved;
    session->saved = NULL;
    if (commit) {
        catalog_unref(saved);
    } else {
        replace_catalog(null_of(s->engine), session->ns, saved);
    }
    return ERR_OK;
}

static struct engine_ops null_ops = {
    .name = "null",
    .close = null_close,
    .namespace_create = null_namespace_create,
    .namespace_drop = null_namespace_drop,
    .namespace_exists = null_namespace_exists,
    .session_begin = null_session_begin,
    .session_end = null_session_end,
    .transact = null_transact,
    .generation = null_generation,
    .inspect = null_inspect,
    .plan = null_plan,
    .rehearse = null_rehearse,
    .group_begin = null_group_begin,
    .run_step = null_run_step,
    .group_end = null_group_end,
};

struct engine *null_engine_open(void)
{
    struct arena *a = arena_new();
    struct null_engine *n = ARENA_NEW(a, struct null_engine);
    n->arena = a;
    pthread_mutex_init(&n->lock, NULL);
    map_init(&n->namespaces, a, false);
    n->base.caps = (struct engine_caps){
        .transactional_ddl = true,
        .rehearse = true,
        .partial_indexes = true,
        .expression_indexes = true,
        .foreign_keys = true,
        .checks = true,
        .comments = true,
        .generated_columns = true,
        .descending_indexes = true,
        .deferred_keys = true,
        .defaults = true,
        .virtual_columns = true,
        .column_position = true,
        .identity_columns = true,
        .composite_keys = true,
        .text_lengths = true,
        .views = true,
        .triggers = true,
        .identifier_max = 63,
        .identifier_in_bytes = true,
    };
    engine_register(&n->base, &null_ops);
    return &n->base;
}
