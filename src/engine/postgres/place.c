#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "engine/postgres/errors.h"
#include "engine/postgres/generation.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/making.h"
#include "engine/sqlcommon/sql_writer.h"

/*
 * Namespaces. A tenant's schema has a role of the same name that nobody can log in as: rows are
 * read and written as that role, which may use its own schema and nothing else. A login role that
 * may not make roles does without: then the tenants are kept apart by search_path alone, and the
 * ability row_security is false.
 */
#define TENANTS "tenants/"

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '-' || c == '.';
        if (!fits) {
            return false;
        }
    }
    return s.n > 0 && s.p[0] != '.';
}

/* "store" is PREFIXstore, "tenants/x" is PREFIXtenant_x. */
static enum errcode schema_name(const struct postgres_engine *e, struct arena *a, struct str ns,
                                const char **out, struct error *err)
{
    bool is_tenant = str_starts(ns, STR(TENANTS));
    struct str name = is_tenant ? str_sub(ns, strlen(TENANTS)) : ns;
    if (!is_word(name) || (!is_tenant && str_starts(name, STR("tenant_")))) {
        return ERROR(err, ERR_INVALID, "\"%.*s\" is no name for a namespace", (int)ns.n,
                     ns.n ? ns.p : "");
    }
    const char *schema = arena_printf(a, "%s%s%.*s", e->options.prefix, is_tenant ? "tenant_" : "",
                                      (int)name.n, name.p);
    if (strlen(schema) > (size_t)e->base.caps.identifier_max) {
        return ERROR(err, ERR_INVALID, "the name of the namespace \"%.*s\" is too long", (int)ns.n,
                     ns.p);
    }
    *out = schema;
    return ERR_OK;
}

static struct pg_place *make_place(struct postgres_engine *e, struct str ns, const char *schema)
{
    struct pg_place *p = ARENA_NEW(e->arena, struct pg_place);
    p->engine = e;
    p->ns = arena_str(e->arena, ns);
    p->schema = arena_strdup(e->arena, schema);
    p->role = e->can_make_roles && str_starts(ns, STR(TENANTS)) ? p->schema : NULL;
    p->lock_key = (int64_t)hash64(str_of(p->schema));
    atomic_init(&p->generation, 1);
    return p;
}

static struct pg_place *find_place(struct postgres_engine *e, struct str ns)
{
    pthread_mutex_lock(&e->lock);
    struct pg_place *p = map_get(&e->places, ns);
    pthread_mutex_unlock(&e->lock);
    return p;
}

static enum errcode add_place(struct postgres_engine *e, struct str ns, struct pg_place **out,
                              struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *schema = e->options.schema;
    if (e->options.is_attached && !str_eq(ns, ATTACHED_NS)) {
        return ERROR(err, ERR_NOT_FOUND, "no namespace \"%.*s\"", (int)ns.n, ns.n ? ns.p : "");
    }
    if (!e->options.is_attached) {
        TRY(schema_name(e, a, ns, &schema, err));
    }
    pthread_mutex_lock(&e->lock);
    struct pg_place *p = map_get(&e->places, ns);
    if (!p) {
        p = make_place(e, ns, schema);
        (void)map_put(&e->places, ns, p);
    }
    pthread_mutex_unlock(&e->lock);
    *out = p;
    return ERR_OK;
}

/* Every request comes here: most find what is there. */
enum errcode pg_place_of(struct postgres_engine *e, struct str ns, struct pg_place **out,
                         struct error *err)
{
    *out = find_place(e, ns);
    return *out ? ERR_OK : add_place(e, ns, out, err);
}

void pg_place_moved(struct pg_place *place)
{
    atomic_fetch_add(&place->generation, 1);
}

/* ---- looking -------------------------------------------------------------------------------- */

static enum errcode has_schema(struct pg_place *p, bool *has, struct error *err)
{
    struct pg_conn *c = NULL;
    PGresult *r = NULL;
    const char *params[] = {p->schema};
    TRY(pg_take(p, DUTY_LOOK, &c, err));
    enum errcode code =
        pg_ask(c, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", params, 1, &r, err);
    pg_give(c);
    TRY(code);
    *has = PQntuples(r) == 1;
    PQclear(r);
    atomic_store(&p->is_known, *has);
    return ERR_OK;
}

enum errcode pg_place_look(struct postgres_engine *e, struct str ns, struct pg_place **out,
                           struct error *err)
{
    bool has = true;
    TRY(pg_place_of(e, ns, out, err));
    if (!atomic_load(&(*out)->is_known)) {
        TRY(has_schema(*out, &has, err));
    }
    if (!has) {
        return ERROR(err, ERR_NOT_FOUND, "no namespace \"%.*s\"", (int)ns.n, ns.n ? ns.p : "");
    }
    return ERR_OK;
}

bool postgres_namespace_exists(struct engine *engine, struct str ns)
{
    struct pg_place *p = NULL;
    bool has = false;
    return pg_place_of(postgres_engine_of(engine), ns, &p, NULL) == ERR_OK &&
           has_schema(p, &has, NULL) == ERR_OK && has;
}

/* ---- making and dropping -------------------------------------------------------------------- */

/* @text with every "$" replaced by the quoted schema, which is the role as well. */
static const char *fill_in(struct buf *b, const char *text, const char *schema)
{
    buf_clear(b);
    for (const char *at = text; *at; at++) {
        if (*at == '$') {
            sql_quote_ident(b, '"', str_of(schema));
        } else {
            buf_addc(b, *at);
        }
    }
    return buf_text(b);
}

/* Each statement by itself, so that the ones that a distributed database has to see reach it. */
static enum errcode run_all(struct pg_conn *c, const char *const *texts, size_t n,
                            const char *schema, struct error *err)
{
    struct buf b;
    enum errcode code = ERR_OK;
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < n && code == ERR_OK; i++) {
        code = pg_run(c, fill_in(&b, texts[i], schema), NULL, err);
    }
    buf_release(&b);
    return code;
}

static enum errcode has_role(struct pg_conn *c, const char *role, bool *has, struct error *err)
{
    PGresult *r = NULL;
    TRY(pg_ask(c, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", &role, 1, &r, err));
    *has = PQntuples(r) == 1;
    PQclear(r);
    return ERR_OK;
}

/* One creation after the other, also of other processes: catalogue rows of roles are shared. */
static enum errcode make(struct pg_conn *c, const struct pg_place *p, struct error *err)
{
    static const char *const begin[] = {"BEGIN", "SET LOCAL lock_timeout = '30s'",
                                        "SELECT pg_advisory_xact_lock(3950220771)"};
    struct arena *a AUTO(arena_freep) = arena_new();
    struct pg_making making = {.schema = p->schema,
                               .has_role = p->role != NULL,
                               .is_distributed = c->engine->options.is_distributed};
    size_t n = 0;
    TRY(run_all(c, begin, ARRAY_LEN(begin), p->schema, err));
    if (p->role) {
        TRY(has_role(c, p->role, &making.is_role_there, err));
    }
    const char **texts = pg_making_texts(a, &making, &n);
    for (size_t i = 0; i < n; i++) {
        TRY(pg_run(c, texts[i], NULL, err));
    }
    TRY(pg_announce(c, p, err));
    return pg_run(c, "COMMIT", NULL, err);
}

static enum errcode refuse_attached(const struct postgres_engine *e, struct error *err)
{
    if (e->options.is_attached) {
        return ERROR(err, ERR_UNSUPPORTED, "an attached database keeps its schemas");
    }
    return e->options.is_read_only ? ERROR(err, ERR_FORBIDDEN, "the database is read-only")
                                   : ERR_OK;
}

enum errcode postgres_namespace_create(struct engine *engine, struct str ns, struct error *err)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    struct pg_place *p = NULL;
    struct pg_conn *c = NULL;
    bool has = false;
    TRY(refuse_attached(e, err));
    TRY(pg_place_of(e, ns, &p, err));
    TRY(has_schema(p, &has, err));
    if (has) {
        return ERR_OK;
    }
    TRY(pg_take(p, DUTY_SCHEMA, &c, err));
    enum errcode code = make(c, p, err);
    pg_roll_back(c);
    pg_give(c);
    if (code == ERR_OK) {
        atomic_store(&p->is_known, true);
        pg_place_moved(p);
    }
    return code;
}

/* The role goes too, unless something of another database of the same server belongs to it. */
static enum errcode drop_role(struct pg_conn *c, const struct pg_place *p, struct error *err)
{
    struct error refused AUTO(error_release) = ERROR_INIT;
    static const char *const owned[] = {"DROP OWNED BY $"};
    static const char *const role[] = {"DROP ROLE $"};
    bool has = false;
    TRY(has_role(c, p->role, &has, err));
    if (!has) {
        return ERR_OK;
    }
    TRY(run_all(c, owned, ARRAY_LEN(owned), p->schema, err));
    enum errcode code = run_all(c, role, ARRAY_LEN(role), p->schema, &refused);
    if (code == ERR_CONFLICT) {
        return ERR_OK;
    }
    return code == ERR_OK ? ERR_OK : error_move(err, &refused);
}

static enum errcode drop(struct pg_conn *c, const struct pg_place *p, struct error *err)
{
    static const char *const begin[] = {"BEGIN", "SET LOCAL lock_timeout = '30s'",
                                        "SELECT pg_advisory_xact_lock(3950220771)"};
    static const char *const schema[] = {"DROP SCHEMA $ CASCADE"};
    TRY(run_all(c, begin, ARRAY_LEN(begin), p->schema, err));
    TRY(run_all(c, schema, ARRAY_LEN(schema), p->schema, err));
    TRY(pg_announce(c, p, err));
    TRY(pg_run(c, "COMMIT", NULL, err));
    return p->role ? drop_role(c, p, err) : ERR_OK;
}

enum errcode postgres_namespace_drop(struct engine *engine, struct str ns, struct error *err)
{
    struct postgres_engine *e = postgres_engine_of(engine);
    struct pg_place *p = NULL;
    struct pg_conn *c = NULL;
    bool has = false;
    TRY(refuse_attached(e, err));
    TRY(pg_place_of(e, ns, &p, err));
    TRY(has_schema(p, &has, err));
    if (!has) {
        return ERROR(err, ERR_NOT_FOUND, "no namespace \"%.*s\"", (int)ns.n, ns.p);
    }
    TRY(pg_take(p, DUTY_SCHEMA, &c, err));
    atomic_store(&p->is_known, false);
    pg_place_moved(p);
    enum errcode code = drop(c, p, err);
    pg_roll_back(c);
    pg_give(c);
    return code;
}
