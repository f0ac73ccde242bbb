#include "engine/postgres/postgres_engine.h"

#include "base/attr.h"
#include "engine/postgres/generation.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/lock.h"
#include "engine/postgres/pipeline.h"
#include "engine/postgres/type_list.h"
#include "engine/postgres/types.h"
#include "engine/sqlcommon/sql_view.h"

#define OLDEST_VERSION  130000
#define VIRTUAL_VERSION 180000 /* computes columns when they are read */

/* ---- life ------------------------------------------------------------------------------------ */

static void close_engine(struct engine *engine)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    pg_listener_stop(e);
    pipelines_close(e);
    pg_pool_close(e);
    pthread_mutex_destroy(&e->lock);
    arena_free(e->arena);
}

static enum errcode ping(struct engine *engine, struct error *err)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    struct pg_place *place = NULL;
    struct pg_conn *c = NULL;
    struct str ns = e->options.is_attached ? ATTACHED_NS : STR("store");
    TRY(pg_place_of(e, ns, &place, err));
    TRY(pg_take(place, DUTY_LOOK, &c, err));
    enum errcode code = pg_run(c, "SELECT 1", NULL, err);
    pg_give(c);
    return code;
}

static const char *view_text(struct engine *engine, struct arena *a, const struct engine_view *v)
{
    (void)engine;
    return sql_view_text(a, &postgres_dialect, v);
}

static const struct engine_ops postgres_ops = {
    .name = "postgresql",
    .close = close_engine,
    .ping = ping,
    .namespace_create = postgres_namespace_create,
    .namespace_drop = postgres_namespace_drop,
    .namespace_exists = postgres_namespace_exists,
    .session_begin = postgres_session_begin,
    .session_end = postgres_session_end,
    .transact = postgres_transact,
    .generation = postgres_generation,
    .refresh = postgres_refresh,
    .select = postgres_select,
    .cursor_next = postgres_cursor_next,
    .cursor_close = postgres_cursor_close,
    .write = postgres_write,
    .row_estimate = postgres_row_estimate,
    .bulk_begin = postgres_bulk_begin,
    .bulk_row = postgres_bulk_row,
    .bulk_end = postgres_bulk_end,
    .view_text = view_text,
    .lock = postgres_lock,
    .lock_holds = postgres_lock_holds,
    .unlock = postgres_unlock,
    .inspect = postgres_inspect,
    .plan = postgres_plan,
    .verify = postgres_verify,
    .rehearse = postgres_rehearse,
    .group_begin = postgres_group_begin,
    .run_step = postgres_run_step,
    .group_end = postgres_group_finish,
    .group_transact = postgres_group_transact,
};

static const struct engine_caps postgres_caps = {
    .transactional_ddl = true,
    .rehearse = true,
    .transactions = true,
    .partial_indexes = true,
    .expression_indexes = true,
    .descending_indexes = true,
    .foreign_keys = true,
    .deferred_keys = true,
    .checks = true,
    .defaults = true,
    .comments = true,
    .generated_columns = true,
    .identity_columns = true,
    .composite_keys = true,
    .text_lengths = true,
    .views = true,
    .triggers = true,
    .bulk_load = true,
    .identifier_max = 63,
    .identifier_in_bytes = true,
};

/* ---- opening --------------------------------------------------------------------------------- */

static int or_default(int given, int standard)
{
    return given > 0 ? given : standard;
}

static const char *or_text(struct arena *a, const char *given, const char *standard)
{
    return arena_strdup(a, given && *given ? given : standard);
}

static void copy_options(struct postgres_engine *e, const struct engine_options *o)
{
    struct arena *a = e->arena;
    e->options = *o;
    e->options.path = e->options.uri = NULL;
    e->options.embedded = NULL;
    e->options.host = or_text(a, o->host, "localhost");
    e->options.port = or_default(o->port, postgres_kind.port);
    e->options.database = or_text(a, o->database, "postgres");
    e->options.schema = or_text(a, o->schema, "public");
    e->options.user = arena_strdup(a, o->user);
    e->options.password = arena_strdup(a, o->password);
    e->options.tls_ca = arena_strdup(a, o->tls_ca);
    e->options.prefix = or_text(a, o->prefix, "telaio_");
    e->options.application_name = or_text(a, o->application_name, "telaio");
    e->options.connections = or_default(o->connections, 20);
    e->options.connect_ms = or_default(o->connect_ms, 5000);
    e->options.statement_ms = or_default(o->statement_ms, 60000);
    e->options.lock_ms = or_default(o->lock_ms, 2000);
}

static enum errcode learn(struct postgres_engine *e, struct pg_conn *c, struct error *err)
{
    PGresult *r = NULL;
    const char *version = PQparameterStatus(c->pq, "server_version");
    struct str first = str_of(version); /* "15.20 (Debian …)" */
    first.n = str_find(first, ' ');
    e->base.version = arena_str(e->arena, first);
    e->version = PQserverVersion(c->pq);
    if (e->version < OLDEST_VERSION) {
        return ERROR(err, ERR_UNSUPPORTED, "PostgreSQL %d is too old: it takes 13 or later",
                     e->version / 10000);
    }
    const char *params[] = {e->options.schema};
    TRY(pg_ask(c,
               "SELECT rolsuper OR rolcreaterole, (SELECT count(*) FROM pg_catalog.pg_namespace "
               "WHERE nspname = $1) FROM pg_catalog.pg_roles WHERE rolname = current_user",
               params, 1, &r, err));
    bool may_make = PQntuples(r) == 1 && str_is(str_of(PQgetvalue(r, 0, 0)), "t");
    bool has_schema = PQntuples(r) == 1 && str_is(str_of(PQgetvalue(r, 0, 1)), "1");
    PQclear(r);
    if (e->options.is_attached && !has_schema) {
        return ERROR(err, ERR_NOT_FOUND, "no schema \"%s\" in the database", e->options.schema);
    }
    e->can_make_roles = may_make && !e->options.is_attached;
    e->base.caps.row_security = e->can_make_roles;
    e->base.caps.virtual_columns = e->version >= VIRTUAL_VERSION;
    return ERR_OK;
}

static enum errcode connect_once(struct postgres_engine *e, struct error *err)
{
    struct pg_conn *c = NULL;
    e->pool.n_open = 1;
    enum errcode code = pg_conn_open(e, &c, err);
    if (code == ERR_OK) {
        code = learn(e, c, err);
        pg_give(c);
    } else {
        e->pool.n_open = 0;
    }
    return code;
}

static enum errcode open_engine(const struct engine_options *o, struct engine **out,
                                struct error *err)
{
    struct arena *a = arena_new();
    struct postgres_engine *e = ARENA_NEW(a, struct postgres_engine);
    e->arena = a;
    copy_options(e, o);
    BUG_ON(pthread_mutex_init(&e->lock, NULL) != 0);
    map_init(&e->places, a, false);
    /* a managed engine has one connection more, which listens */
    bool listens = !o->is_attached && e->options.connections > 2;
    pg_pool_init(&e->pool, e->options.connections - listens);
    e->base.caps = postgres_caps;
    /* where the schemas are on several machines, one transaction over two of them is not tried */
    e->base.caps.ddl_with_registry = !o->is_attached && !o->is_distributed;
    e->ops = postgres_ops;
    engine_register(&e->base, &e->ops);
    enum errcode code = connect_once(e, err);
    if (code == ERR_OK && !o->is_attached) {
        code = pg_listener_start(e, err);
    }
    if (code != ERR_OK) {
        close_engine(&e->base);
        return code;
    }
    *out = &e->base;
    return ERR_OK;
}

static const char *const schemes[] = {"postgres", "postgresql", NULL};

const struct engine_kind postgres_kind = {
    .name = "postgresql",
    .label = "PostgreSQL",
    .schemes = schemes,
    .port = 5432,
    .types = pg_type_list,
    .n_types = PG_TYPE_LIST_N,
    .open = open_engine,
};
