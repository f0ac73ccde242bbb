#include "engine/mongodb/mongodb_engine.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/room.h"
#include "engine/mongodb/values.h"

#define WIRE_OLDEST        9 /* MongoDB 4.4 */
#define CONNECTIONS_NORMAL 20
#define CONNECT_MS         5000
#define STATEMENT_MS       60000
#define LOCK_MS            2000
#define SOCKET_MS          (3600 * 1000) /* a change of structure may take that long */

/*
 * libmongoc asks for a file in /dev/shm by the process' id as soon as it is loaded, for counters
 * that nobody reads. A process that was killed leaves its file behind; the next one of that id
 * would begin with a warning on standard error, whatever it was to do. Memory without a name does
 * as well.
 */
__attribute__((visibility("default"))) int shm_open(const char *name, int flags, mode_t mode)
{
    (void)flags;
    (void)mode;
    return memfd_create(name, MFD_CLOEXEC);
}

static void discard_log(mongoc_log_level_t level, const char *domain, const char *message,
                        void *data)
{
    (void)level;
    (void)domain;
    (void)message;
    (void)data; /* every failure is an error that is raised */
}

static void start_library(void)
{
    mongoc_init();
    mongoc_log_set_handler(discard_log, NULL);
    (void)atexit(mongoc_cleanup);
}

static void close_engine(struct engine *engine)
{
    struct mongo_engine *e = mongo_engine_of(engine);
    for (size_t i = 0; i < e->rooms.n; i++) {
        room_free(e->rooms.entries[i].value);
    }
    if (e->pool) {
        mongoc_client_pool_destroy(e->pool);
    }
    pthread_mutex_destroy(&e->lock);
    arena_free(e->arena);
}

/* One command of a caller that has no session. */
struct call {
    mongoc_client_t *client;
    const char *database;
    const bson_t *command;
    struct error *err;
    enum errcode code;
};

static void run_call(void *arg)
{
    struct call *c = arg;
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    c->code = mongo_command(c->client, c->database, c->command, &reply, c->err);
}

static enum errcode call(struct mongo_engine *e, const char *database, const bson_t *command,
                         struct error *err)
{
    struct call c = {.database = database, .command = command, .err = err};
    TRY(mongo_lend(e, &c.client, err));
    loop_run_blocking(run_call, &c);
    mongo_return(e, c.client);
    return c.code;
}

static enum errcode ping(struct engine *engine, struct error *err)
{
    bson_t *command AUTO(mongo_doc_destroyp) = BCON_NEW("ping", BCON_INT32(1));
    return call(mongo_engine_of(engine), "admin", command, err);
}

static enum errcode refuse_managing(const struct mongo_engine *e, struct error *err)
{
    if (e->is_attached) {
        return ERROR(err, ERR_UNSUPPORTED, "an attached database has one namespace");
    }
    if (e->is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    return ERR_OK;
}

/* MongoDB makes a database with its first collection: one of ours that says what it is. */
static enum errcode namespace_create(struct engine *engine, struct str ns, struct error *err)
{
    struct mongo_engine *e = mongo_engine_of(engine);
    struct room *r = NULL;
    struct error why = ERROR_INIT;
    TRY(refuse_managing(e, err));
    TRY(room_find(e, ns, &r, err));
    bson_t *command AUTO(mongo_doc_destroyp) = BCON_NEW("create", BCON_UTF8(ROOM_MARK));
    enum errcode code = call(e, r->database, command, &why);
    room_changed(r);
    if (code == ERR_CONFLICT && why.engine_code == 48) {
        error_release(&why);
        return ERR_OK;
    }
    return code == ERR_OK ? code : error_move(err, &why);
}

static enum errcode namespace_drop(struct engine *engine, struct str ns, struct error *err)
{
    struct mongo_engine *e = mongo_engine_of(engine);
    struct room *r = NULL;
    TRY(refuse_managing(e, err));
    TRY(room_find(e, ns, &r, err));
    room_enter(r, true);
    enum errcode code = room_look(e, r, NULL, err);
    if (code == ERR_OK) {
        bson_t *command AUTO(mongo_doc_destroyp) = BCON_NEW("dropDatabase", BCON_INT32(1));
        code = call(e, r->database, command, err);
        room_changed(r);
    }
    room_leave(r, true);
    return code;
}

static bool namespace_exists(struct engine *engine, struct str ns)
{
    struct mongo_engine *e = mongo_engine_of(engine);
    struct room *r = NULL;
    return room_find(e, ns, &r, NULL) == ERR_OK && room_look(e, r, NULL, NULL) == ERR_OK;
}

static enum errcode generation(struct engine *engine, struct str ns, uint64_t *out,
                               struct error *err)
{
    struct mongo_engine *e = mongo_engine_of(engine);
    struct room *r = NULL;
    TRY(room_find(e, ns, &r, err));
    return room_look(e, r, out, err);
}

static const struct engine_ops mongo_ops = {
    .name = "mongodb",
    .close = close_engine,
    .ping = ping,
    .namespace_create = namespace_create,
    .namespace_drop = namespace_drop,
    .namespace_exists = namespace_exists,
    .session_begin = mongo_session_begin,
    .session_end = mongo_session_end,
    .transact = mongo_transact,
    .generation = generation,
    .inspect = mongo_inspect,
    .plan = mongo_plan,
    .group_begin = mongo_group_begin,
    .run_step = mongo_run_step,
    .group_end = mongo_group_end,
    .select = mongo_select,
    .cursor_next = mongo_cursor_next,
    .cursor_close = mongo_cursor_close,
    .write = mongo_write,
    .row_estimate = mongo_row_estimate,
    .bulk_begin = mongo_bulk_begin,
    .bulk_row = mongo_bulk_row,
    .bulk_end = mongo_bulk_end,
};

static int or_default(int given, int standard)
{
    return given > 0 ? given : standard;
}

/* The address that was given, or one of its parts; never with the password. */
static mongoc_uri_t *make_uri(struct arena *a, const struct engine_options *o, struct error *err)
{
    bson_error_t why = {0};
    const char *text = o->uri;
    if (!text) {
        const char *host = o->host ? o->host : "127.0.0.1";
        text = arena_printf(a, "mongodb://%s:%d/", host, or_default(o->port, 27017));
    }
    mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &why);
    if (!uri) {
        (void)ERROR(err, ERR_INVALID, "the address is not one of MongoDB");
        (void)error_detail(err, "%s", why.message);
        return NULL;
    }
    if (o->user && !mongoc_uri_get_username(uri)) {
        (void)mongoc_uri_set_username(uri, o->user);
    }
    if (o->password) {
        (void)mongoc_uri_set_password(uri, o->password);
    }
    return uri;
}

static void set_tls(mongoc_uri_t *uri, const struct engine_options *o)
{
    if (o->tls == TLS_UNSET && !o->tls_ca) {
        return;
    }
    (void)mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLS, o->tls != TLS_OFF);
    if (o->tls == TLS_REQUIRE) {
        (void)mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLSALLOWINVALIDCERTIFICATES, true);
        (void)mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLSALLOWINVALIDHOSTNAMES, true);
    }
    if (o->tls_ca && o->tls != TLS_OFF) {
        (void)mongoc_uri_set_option_as_utf8(uri, MONGOC_URI_TLSCAFILE, o->tls_ca);
    }
}

/* What was written is there when a write has returned: on most of the members. */
static void set_write_concern(mongoc_uri_t *uri)
{
    if (bson_has_field(mongoc_uri_get_options(uri), MONGOC_URI_W)) {
        return;
    }
    mongoc_write_concern_t *w = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(w, 0);
    mongoc_uri_set_write_concern(uri, w);
    mongoc_write_concern_destroy(w);
}

static void set_options(mongoc_uri_t *uri, const struct mongo_engine *e,
                        const struct engine_options *o)
{
    int connections = or_default(o->connections, CONNECTIONS_NORMAL);
    const char *name = o->application_name ? o->application_name : "telaio";
    (void)mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, e->connect_ms);
    (void)mongoc_uri_set_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, e->connect_ms);
    (void)mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, SOCKET_MS);
    (void)mongoc_uri_set_option_as_int32(uri, MONGOC_URI_MAXPOOLSIZE, connections);
    (void)mongoc_uri_set_appname(uri, name);
    set_tls(uri, o);
    set_write_concern(uri);
}

struct opening {
    struct mongo_engine *engine;
    struct error *err;
    enum errcode code;
};

static int64_t number_in(const bson_t *doc, const char *key)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, key) ? bson_iter_as_int64(&it) : 0;
}

static enum errcode learn(struct mongo_engine *e, mongoc_client_t *client, struct error *err)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    bson_t build AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    bson_t *hello AUTO(mongo_doc_destroyp) = BCON_NEW("hello", BCON_INT32(1));
    bson_t *info AUTO(mongo_doc_destroyp) = BCON_NEW("buildInfo", BCON_INT32(1));
    bson_iter_t it;
    TRY(mongo_command(client, "admin", hello, &reply, err));
    e->wire_version = (int)number_in(&reply, "maxWireVersion");
    if (e->wire_version < WIRE_OLDEST) {
        return ERROR(err, ERR_UNSUPPORTED, "MongoDB 4.4 is the oldest that can be used");
    }
    bool is_mongos = bson_iter_init_find(&it, &reply, "msg") && BSON_ITER_HOLDS_UTF8(&it) &&
                     text_eq(bson_iter_utf8(&it, NULL), "isdbgrid");
    e->has_transactions = is_mongos || bson_has_field(&reply, "setName");
    if (mongo_command(client, "admin", info, &build, NULL) == ERR_OK &&
        bson_iter_init_find(&it, &build, "version") && BSON_ITER_HOLDS_UTF8(&it)) {
        e->base.version = arena_strdup(e->arena, bson_iter_utf8(&it, NULL));
    }
    return ERR_OK;
}

static enum errcode count_document(const bson_t *doc, void *arg, struct error *err)
{
    (void)doc;
    (void)err;
    (*(int *)arg)++;
    return ERR_OK;
}

/* MongoDB would make a database with the first row. */
static enum errcode find_database(struct mongo_engine *e, mongoc_client_t *client,
                                  struct error *err)
{
    int n = 0;
    bson_t *list AUTO(mongo_doc_destroyp) =
        BCON_NEW("listCollections", BCON_INT32(1), "nameOnly", BCON_BOOL(true));
    TRY(mongo_cursor_each(client, e->database, list, count_document, &n, err));
    if (n == 0) {
        return ERROR(err, ERR_NOT_FOUND, "there is no database \"%s\", or nothing is in it",
                     e->database);
    }
    return ERR_OK;
}

static void run_opening(void *arg)
{
    struct opening *o = arg;
    mongoc_client_t *client = mongoc_client_pool_pop(o->engine->pool);
    o->code = learn(o->engine, client, o->err);
    if (o->code == ERR_OK && o->engine->is_attached) {
        o->code = find_database(o->engine, client, o->err);
    }
    mongoc_client_pool_push(o->engine->pool, client);
}

/* No answer because of the encryption is no server that is down. */
static enum errcode refuse_opening(enum errcode code, struct error *err)
{
    const char *detail = err && err->detail ? err->detail : "";
    bool is_tls = strstr(detail, "TLS") || strstr(detail, "SSL") || strstr(detail, "certificate");
    if (code == ERR_UNAVAILABLE && is_tls) {
        return ERROR(err, ERR_SOURCE_REFUSED, "the encrypted connection was refused");
    }
    if (code == ERR_UNAVAILABLE && strstr(detail, "uthentication")) {
        return ERROR(err, ERR_SOURCE_REFUSED, "the database refused the credentials");
    }
    if (code == ERR_FORBIDDEN) {
        return ERROR(err, ERR_SOURCE_REFUSED, "the database refused: %s", err ? err->message : "");
    }
    return code;
}

static void set_abilities(struct mongo_engine *e)
{
    e->base.caps = (struct engine_caps){.transactions = e->has_transactions,
                                        .partial_indexes = true,
                                        .descending_indexes = true,
                                        .checks = true,
                                        .defaults = true,
                                        .comments = true,
                                        .column_position = true,
                                        .identity_columns = true,
                                        .composite_keys = true,
                                        .text_lengths = true,
                                        .views = true,
                                        .bulk_load = true,
                                        .identifier_max = 190,
                                        .identifier_in_bytes = true};
}

static struct mongo_engine *make_engine(const struct engine_options *o)
{
    struct arena *a = arena_new();
    struct mongo_engine *e = ARENA_NEW(a, struct mongo_engine);
    e->arena = a;
    e->prefix = arena_strdup(a, o->prefix ? o->prefix : "telaio_");
    e->database = arena_strdup(a, o->database);
    e->is_attached = o->is_attached;
    e->is_read_only = o->is_read_only;
    e->connect_ms = or_default(o->connect_ms, CONNECT_MS);
    e->statement_ms = or_default(o->statement_ms, STATEMENT_MS);
    e->lock_ms = or_default(o->lock_ms, LOCK_MS);
    BUG_ON(pthread_mutex_init(&e->lock, NULL) != 0);
    map_init(&e->rooms, a, false);
    return e;
}

static enum errcode open_pool(struct mongo_engine *e, const struct engine_options *o,
                              struct error *err)
{
    bson_error_t why = {0};
    if (e->is_attached && (!e->database || !*e->database)) {
        return ERROR(err, ERR_INVALID, "the address names no database");
    }
    mongoc_uri_t *uri = make_uri(e->arena, o, err);
    if (!uri) {
        return ERR_INVALID;
    }
    set_options(uri, e, o);
    e->pool = mongoc_client_pool_new_with_error(uri, &why);
    mongoc_uri_destroy(uri);
    if (!e->pool) {
        (void)ERROR(err, ERR_INVALID, "the address cannot be used");
        return error_detail(err, "%s", why.message);
    }
    (void)mongoc_client_pool_set_error_api(e->pool, MONGOC_ERROR_API_VERSION_2);
    struct opening opening = {.engine = e, .err = err};
    loop_run_blocking(run_opening, &opening);
    return opening.code == ERR_OK ? ERR_OK : refuse_opening(opening.code, err);
}

static enum errcode open_engine(const struct engine_options *o, struct engine **out,
                                struct error *err)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    (void)pthread_once(&started, start_library);
    struct mongo_engine *e = make_engine(o);
    struct error why = ERROR_INIT;
    enum errcode code = open_pool(e, o, &why);
    if (code != ERR_OK) {
        close_engine(&e->base);
        return error_move(err, &why);
    }
    set_abilities(e);
    e->ops = mongo_ops;
    engine_register(&e->base, &e->ops);
    *out = &e->base;
    return ERR_OK;
}

static const char *const schemes[] = {"mongodb", "mongodb+srv", NULL};

static const struct engine_type types[] = {
    {"boolean", "bool"},
    {"int16", "int"},
    {"int32", "int"},
    {"int64", "long"},
    {"decimal(p,s)", "decimal"},
    {"float32", "double"},
    {"float64", "double"},
    {"text", "string"},
    {"char(n)", "string"},
    {"bytes", "binData"},
    {"date", "date"},
    {"time", "string"},
    {"datetime", "date"},
    {"instant", "date"},
    {"interval", "long"},
    {"uuid", "binData"},
    {"json", "any"},
    {"enum", "string"},
    {"array", "array"},
    {"objectid", "objectId"},
};

const struct engine_kind mongodb_kind = {
    .name = "mongodb",
    .label = "MongoDB",
    .schemes = schemes,
    .port = 27017,
    .takes_uri = true,
    .types = types,
    .n_types = ARRAY_LEN(types),
    .open = open_engine,
};
