#include "app/sources.h"

#include "app/names_json.h"
#include "app/source_ops.h"
#include "app/source_options_json.h"
#include "app/source_policy_json.h"
#include "base/time.h"
#include "base/uuid.h"
#include "engine/catalog_cache.h"

#define OPEN_BUDGET_US INT64_C(2000000) /* opening what a list shows takes no longer */
#define SOURCES_MAX    200              /* of one tenant */

/* ---- who may --------------------------------------------------------------------------------- */

/* On one source. A level of the source's policy is about its structure, not about the source. */
static struct authz_request request_of(const struct caller *c, enum action action, const char *name)
{
    return (struct authz_request){
        .subject = &c->subject,
        .action = action,
        .resource = {.tenant_id = c->tenant.id, .tenant_slug = c->tenant.slug, .source = name},
    };
}

static enum errcode check(const struct caller *c, enum action action, const char *name,
                          struct error *err)
{
    struct authz_request r = request_of(c, action, name);
    return authz_check(&r, err);
}

static bool may(const struct caller *c, enum action action, const char *name)
{
    struct authz_request r = request_of(c, action, name);
    struct authz_decision d;
    return authz_decide(&r, &d);
}

/* Who operates the platform may name any host. */
static bool is_operator(const struct caller *c)
{
    return c->subject.is_system || c->subject.role == AUTHZ_OWNER ||
           c->subject.role == AUTHZ_PLATFORM_ADMIN;
}

static enum errcode no_source(const char *name, struct error *err)
{
    return ERROR(err, ERR_NOT_FOUND, "no source \"%.64s\"", name);
}

enum errcode sources_find(const struct caller *c, enum action action, const char *name,
                          const struct source **out, struct error *err)
{
    struct source_record r = {0};
    struct source *s = ARENA_NEW(c->arena, struct source);
    if (c->tenant.id == 0 || text_eq(name, SOURCE_MAIN) || !may(c, ACTION_DATASOURCES_READ, name)) {
        return no_source(name, err);
    }
    enum errcode code =
        store_source_by_name(c->app->store, c->arena, c->tenant.id, str_of(name), &r, err);
    TRY(code == ERR_NOT_FOUND ? no_source(name, err) : code);
    TRY(check(c, action, name, err));
    TRY(source_read(c->app, c->arena, &r, s, err));
    *out = s;
    return ERR_OK;
}

/* ---- showing --------------------------------------------------------------------------------- */

static void fill_ops(const struct caller *c, struct source_info *out)
{
    source_ops(c->arena, out->engine, &out->ops, &out->n_ops);
    for (size_t i = 0; out->source->kind && !out->engine && i < out->n_ops; i++) {
        struct source_op *op = (struct source_op *)(uintptr_t)&out->ops[i]; /* made right here */
        op->reason = out->problem ? out->problem : "it is not connected to the database";
    }
}

static struct source_info describe(const struct caller *c, const struct source *row, bool may_open)
{
    struct source_info info = {
        .source = row,
        .can_update = may(c, ACTION_DATASOURCES_UPDATE, row->record.name),
        .can_delete = may(c, ACTION_DATASOURCES_DELETE, row->record.name),
        .can_test = may(c, ACTION_DATASOURCES_CONNECT, row->record.name),
    };
    const struct source *open = source_peek(c->app, c->arena, &row->record, &info.problem);
    if (!open && may_open && row->kind) {
        struct error why = ERROR_INIT;
        if (source_use(c->app, c->arena, c->tenant.id, str_of(row->record.name), &open, &why) !=
            ERR_OK) {
            info.problem = arena_strdup(c->arena, why.message);
        }
        error_release(&why);
    }
    info.engine = open ? open->engine : NULL;
    info.is_open = open != NULL;
    info.problem = open ? NULL : info.problem;
    if (open) {
        info.ops = open->ops;
        info.n_ops = open->n_ops;
    } else {
        fill_ops(c, &info);
    }
    return info;
}

/* The tenant's own tables, of which the row holds the policy only. */
static enum errcode describe_main(const struct caller *c, struct source_info *out,
                                  struct error *err)
{
    struct engine *e = c->app->engine;
    struct source_record r = {.name = SOURCE_MAIN, .kind = e->ops->name, .options = "{}"};
    struct source *s = ARENA_NEW(c->arena, struct source);
    struct source_record stored = {0};
    struct error why = ERROR_INIT;
    enum errcode code = store_source_by_name(c->app->store, c->arena, c->tenant.id,
                                             STR(SOURCE_MAIN), &stored, &why);
    if (code != ERR_OK && code != ERR_NOT_FOUND) {
        return error_move(err, &why);
    }
    error_release(&why);
    r.policy = stored.policy;
    TRY(source_read(c->app, c->arena, &r, s, err));
    *out = (struct source_info){
        .source = s,
        .is_main = true,
        .is_open = true,
        .engine = e,
        .can_update = may(c, ACTION_DATASOURCES_UPDATE, SOURCE_MAIN),
    };
    fill_ops(c, out);
    return ERR_OK;
}

enum errcode sources_list(const struct caller *c, struct source_info **out, size_t *n,
                          struct error *err)
{
    struct source_record *records = NULL;
    size_t n_records = 0, n_list = 0;
    int64_t end = time_monotonic_us() + OPEN_BUDGET_US;
    TRY(caller_check(c, ACTION_DATASOURCES_READ, err));
    TRY(store_source_list(c->app->store, c->arena, c->tenant.id, &records, &n_records, err));
    struct source_info *list = ARENA_ARRAY(c->arena, n_records + 1, struct source_info);
    if (may(c, ACTION_DATASOURCES_READ, SOURCE_MAIN)) {
        TRY(describe_main(c, &list[n_list++], err));
    }
    for (size_t i = 0; i < n_records; i++) {
        struct source *row = ARENA_NEW(c->arena, struct source);
        bool is_seen = !text_eq(records[i].name, SOURCE_MAIN) &&
                       may(c, ACTION_DATASOURCES_READ, records[i].name);
        if (is_seen) {
            TRY(source_read(c->app, c->arena, &records[i], row, err));
            list[n_list++] = describe(c, row, time_monotonic_us() < end);
        }
    }
    *out = list;
    *n = n_list;
    return ERR_OK;
}

enum errcode sources_get(const struct caller *c, const char *name, struct source_info *out,
                         struct error *err)
{
    const struct source *row = NULL;
    if (text_eq(name, SOURCE_MAIN)) {
        TRY(check(c, ACTION_DATASOURCES_READ, name, err));
        return describe_main(c, out, err);
    }
    TRY(sources_find(c, ACTION_DATASOURCES_READ, name, &row, err));
    *out = describe(c, row, true);
    return ERR_OK;
}

/* ---- attaching ------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
    struct str s = str_of(name);
    bool fits = s.n > 0 && s.n <= SOURCE_NAME_MAX && s.p[0] != '-' && s.p[0] != '_';
    for (size_t i = 0; i < s.n && fits; i++) {
        char ch = s.p[i];
        fits = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
    }
    return fits;
}

static enum errcode check_name(const struct caller *c, const char *name, struct error *err)
{
    struct source_record there = {0};
    struct error ignored = ERROR_INIT;
    if (!is_name(name)) {
        ERROR(err, ERR_INVALID, "a source has a name of a-z, 0-9, \"-\" and \"_\"");
        return error_where(err, "/name");
    }
    enum errcode code = text_eq(name, SOURCE_MAIN)
                            ? ERR_OK
                            : store_source_by_name(c->app->store, c->arena, c->tenant.id,
                                                   str_of(name), &there, &ignored);
    if (code == ERR_NOT_FOUND) {
        error_release(&ignored);
        return ERR_OK;
    }
    if (code != ERR_OK) {
        return error_move(err, &ignored);
    }
    ERROR(err, ERR_CONFLICT, "there is a source \"%s\" already", name);
    return error_where(err, "/name");
}

static enum errcode check_count(const struct caller *c, struct error *err)
{
    struct source_record *records = NULL;
    size_t n = 0;
    TRY(store_source_list(c->app->store, c->arena, c->tenant.id, &records, &n, err));
    return n < SOURCES_MAX
               ? ERR_OK
               : ERROR(err, ERR_CONFLICT, "a tenant has at most %d sources", SOURCES_MAX);
}

static const char *lists_text(struct arena *a, const struct source_names *names, bool is_none)
{
    return is_none ? NULL : source_names_text(a, names);
}

/* The row as @e makes it of @r. */
static void take_edit(const struct caller *c, const struct source_edit *e, struct source_record *r)
{
    struct arena *a = c->arena;
    const struct engine_kind *kind = engine_kind_find(c->app->kinds, str_of(r->kind));
    if (e->has_display_name) {
        r->display_name = e->display_name;
    }
    if (e->has_mode) {
        r->is_writable = e->is_writable;
    }
    if (e->has_place || !r->options) {
        r->options = source_options_text(a, kind, &e->options, is_operator(c));
    }
    if (e->has_allow) {
        r->allow_tables = lists_text(a, &e->allow, e->is_all);
    }
    if (e->has_forbid) {
        r->forbid_tables = lists_text(a, &e->forbid, e->forbid.n == 0);
    }
    if (e->has_policy) {
        r->policy = source_policy_text(a, &e->policy);
    }
}

/* A password goes to the place that it was given for, and to no other. */
static enum errcode check_password(const struct source *was, const struct source_edit *e,
                                   struct error *err)
{
    const struct engine_options *a = &was->options, *b = &e->options;
    bool is_same = text_eq(a->host, b->host) && a->port == b->port && text_eq(a->uri, b->uri) &&
                   a->tls == b->tls && text_eq(a->tls_ca, b->tls_ca);
    if (!was->record.secret || e->has_password || !e->has_place || is_same) {
        return ERR_OK;
    }
    ERROR(err, ERR_INVALID, "the password has to be given again for another place");
    return error_where(err, "/password");
}

/* Connects to what @r says with the password that @e gives, or with the one that is kept. */
static enum errcode try_row(const struct caller *c, const struct source_record *r,
                            const struct source_edit *e, const struct source **out,
                            struct error *err)
{
    struct str password = {0};
    struct source_record row = *r;
    if (e && e->has_password) {
        row.secret = NULL;
        password = e->password;
    }
    return source_open_new(c->app, c->arena, &row, password, out, err);
}

static enum errcode seal_edit(const struct caller *c, const struct source_edit *e,
                              struct source_record *r, struct error *err)
{
    if (!e->has_password) {
        return ERR_OK;
    }
    r->secret = NULL;
    return e->password.p ? source_seal(c->app, c->arena, r->id, e->password, &r->secret, err)
                         : ERR_OK;
}

static enum errcode audit(const struct caller *c, const char *action, const struct source_record *r,
                          struct error *err)
{
    const char *detail = arena_printf(c->arena, "{\"kind\":\"%s\",\"mode\":\"%s\"}", r->kind,
                                      r->is_writable ? "read-write" : "read-only");
    return caller_audit(c, action, "source", r->name, detail, err);
}

static bool is_known(const struct caller *c, const char *kind)
{
    return engine_kind_find(c->app->kinds, str_of(kind)) != NULL;
}

/* A word that will be written into JSON and shown. */
static enum errcode check_kind(const char *kind, struct error *err)
{
    if (is_name(kind)) {
        return ERR_OK;
    }
    ERROR(err, ERR_INVALID, "a kind of database is a word of a-z and 0-9");
    return error_where(err, "/kind");
}

enum errcode sources_add(const struct caller *c, const struct source_edit *e,
                         struct source_info *out, struct error *err)
{
    const struct source *tried = NULL;
    struct source_record r = {
        .tenant_id = c->tenant.id,
        .name = e->name,
        .kind = e->kind,
        .created_by = c->principal.user_id,
    };
    if (c->tenant.id == 0) {
        return ERROR(err, ERR_NOT_FOUND, "there is no tenant to work in yet");
    }
    TRY(check(c, ACTION_DATASOURCES_CREATE, e->name, err));
    TRY(check_name(c, e->name, err));
    TRY(check_kind(e->kind, err));
    TRY(check_count(c, err));
    take_edit(c, e, &r);
    if (is_known(c, e->kind)) {
        TRY(try_row(c, &r, e, &tried, err));
    }
    char *id = arena_alloc(c->arena, UUID_TEXT + 1);
    uuid_make(id);
    r.id = id;
    TRY(seal_edit(c, e, &r, err));
    enum errcode code = store_source_insert(c->app->store, c->arena, &r, err);
    TRY(code == ERR_UNIQUE_VIOLATION ? check_name(c, e->name, err) : code);
    source_forget(c->app, c->tenant.id, r.name);
    TRY(audit(c, "source.create", &r, err));
    return sources_get(c, r.name, out, err);
}

enum errcode sources_change(const struct caller *c, const struct source *was,
                            const struct source_edit *e, struct source_info *out, struct error *err)
{
    static const char *const fields[] = {"display_name", "options",       "secret", "is_writable",
                                         "allow_tables", "forbid_tables", "policy", NULL};
    const struct source *tried = NULL;
    struct source_record r = was->record;
    TRY(check(c, ACTION_DATASOURCES_UPDATE, r.name, err));
    TRY(check_password(was, e, err));
    take_edit(c, e, &r);
    bool is_elsewhere = e->has_place || e->has_password || r.is_writable != was->record.is_writable;
    if (is_elsewhere && was->kind) {
        TRY(try_row(c, &r, e, &tried, err));
    }
    TRY(seal_edit(c, e, &r, err));
    TRY(store_source_update(c->app->store, &r, fields, err));
    source_forget(c->app, c->tenant.id, r.name);
    TRY(audit(c, "source.update", &r, err));
    return sources_get(c, r.name, out, err);
}

enum errcode sources_remove(const struct caller *c, const char *name, struct error *err)
{
    const struct source *was = NULL;
    TRY(sources_find(c, ACTION_DATASOURCES_DELETE, name, &was, err));
    TRY(store_source_delete(c->app->store, c->tenant.id, str_of(name), err));
    source_forget(c->app, c->tenant.id, name);
    return audit(c, "source.delete", &was->record, err);
}

/* ---- testing --------------------------------------------------------------------------------- */

static enum errcode look_around(const struct source *s, struct source_test *out, struct error *err)
{
    struct catalog *live AUTO(catalog_unrefp) = NULL;
    TRY(engine_catalog(s->engine, ATTACHED_NS, &live, err));
    out->version = s->engine->version;
    for (size_t i = 0; i < live->n_tables; i++) {
        const struct table *t = live->tables[i];
        out->n_tables += !t->is_internal && source_shows(s, t->name);
    }
    return ERR_OK;
}

static struct error keep_error(struct arena *a, const struct error *e)
{
    return (struct error){
        .code = e->code,
        .message = arena_strdup(a, e->message),
        .hint = arena_strdup(a, e->hint),
        .where = arena_strdup(a, e->where),
    };
}

static void run_test(const struct caller *c, const struct source_record *r,
                     const struct source_edit *e, struct source_test *out)
{
    const struct source *s = NULL;
    struct error why = ERROR_INIT;
    int64_t began = time_monotonic_us();
    enum errcode code = try_row(c, r, e, &s, &why);
    if (code == ERR_OK) {
        code = look_around(s, out, &why);
    }
    out->is_ok = code == ERR_OK;
    out->us = time_monotonic_us() - began;
    out->why = keep_error(c->arena, &why);
    error_release(&why);
}

enum errcode sources_test(const struct caller *c, const struct source *was,
                          const struct source_edit *e, struct source_test *out, struct error *err)
{
    struct source_record r = was ? was->record : (struct source_record){0};
    *out = (struct source_test){0};
    if (!was) {
        r.name = e->name;
        r.kind = e->kind;
        TRY(check(c, ACTION_DATASOURCES_CREATE, e->name, err));
        TRY(check_kind(e->kind, err));
    }
    if (e && was) {
        TRY(check_password(was, e, err));
    }
    if (e) {
        take_edit(c, e, &r);
    }
    run_test(c, &r, e, out);
    return ERR_OK;
}

/* ---- policy ---------------------------------------------------------------------------------- */

enum errcode sources_policy(const struct caller *c, enum action action, const char *name,
                            struct source_policy *out, struct error *err)
{
    const struct source *row = NULL;
    struct source_info info;
    if (text_eq(name, SOURCE_MAIN)) {
        TRY(check(c, action, name, err));
        TRY(describe_main(c, &info, err));
        row = info.source;
    } else {
        TRY(sources_find(c, action, name, &row, err));
    }
    *out = row->policy;
    return ERR_OK;
}

/* The row of the tenant's own tables is made when it first has something to say. */
static enum errcode put_main(const struct caller *c, const char *policy, struct error *err)
{
    static const char *const fields[] = {"policy", NULL};
    struct source_record r = {0};
    struct error why = ERROR_INIT;
    enum errcode code =
        store_source_by_name(c->app->store, c->arena, c->tenant.id, STR(SOURCE_MAIN), &r, &why);
    if (code != ERR_OK && code != ERR_NOT_FOUND) {
        return error_move(err, &why);
    }
    error_release(&why);
    if (code == ERR_OK) {
        r.policy = policy;
        return store_source_update(c->app->store, &r, fields, err);
    }
    r = (struct source_record){
        .tenant_id = c->tenant.id,
        .name = SOURCE_MAIN,
        .kind = SOURCE_MAIN,
        .options = "{}",
        .is_writable = true,
        .policy = policy,
        .created_by = c->principal.user_id,
    };
    return store_source_insert(c->app->store, c->arena, &r, err);
}

enum errcode sources_set_policy(const struct caller *c, const char *name,
                                const struct source_policy *policy, struct error *err)
{
    static const char *const fields[] = {"policy", NULL};
    const char *text = source_policy_text(c->arena, policy);
    const struct source *was = NULL;
    if (text_eq(name, SOURCE_MAIN)) {
        TRY(check(c, ACTION_DATASOURCES_UPDATE, name, err));
        TRY(put_main(c, text, err));
    } else {
        TRY(sources_find(c, ACTION_DATASOURCES_UPDATE, name, &was, err));
        struct source_record r = was->record;
        r.policy = text;
        TRY(store_source_update(c->app->store, &r, fields, err));
        source_forget(c->app, c->tenant.id, name);
    }
    return caller_audit(c, "source.policy", "source", name, text, err);
}
