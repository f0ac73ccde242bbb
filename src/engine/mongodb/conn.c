#include "base/attr.h"
#include "base/time.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"

#define LOOK_AGAIN_US 2000

enum errcode mongo_lend(struct mongo_engine *e, mongoc_client_t **out, struct error *err)
{
    int64_t end = time_monotonic_us() + (int64_t)e->connect_ms * 1000;
    mongoc_client_t *client = NULL;
    while (!(client = mongoc_client_pool_try_pop(e->pool))) {
        if (time_monotonic_us() > end) {
            return ERROR(err, ERR_BUSY, "all connections to the database are in use");
        }
        TRY(loop_sleep(LOOK_AGAIN_US, err));
    }
    *out = client;
    return ERR_OK;
}

void mongo_return(struct mongo_engine *e, mongoc_client_t *client)
{
    if (client) {
        mongoc_client_pool_push(e->pool, client);
    }
}

enum errcode mongo_hold(struct mongo_session *s, struct error *err)
{
    if (!s->client) {
        TRY(mongo_lend(mongo_engine_of(s->base.engine), &s->client, err));
    }
    s->client_users++;
    return ERR_OK;
}

void mongo_let(struct mongo_session *s)
{
    BUG_ON(s->client_users <= 0);
    if (--s->client_users == 0) {
        mongo_return(mongo_engine_of(s->base.engine), s->client);
        s->client = NULL;
    }
}

enum errcode mongo_command(mongoc_client_t *client, const char *database, const bson_t *command,
                           bson_t *reply, struct error *err)
{
    bson_error_t why = {0};
    bool done = mongoc_client_command_simple(client, database, command, NULL, reply, &why);
    bson_iter_t name;
    const char *doing = bson_iter_init(&name, command) && bson_iter_next(&name)
                            ? bson_iter_key(&name)
                            : "the command";
    if (!done) {
        return mongo_error(reply, &why, NULL, doing, err);
    }
    return mongo_reply_error(reply, NULL, doing, err); /* a write may fail in a reply that is ok */
}

enum errcode mongo_cursor_each(mongoc_client_t *client, const char *database, const bson_t *command,
                               mongo_document_fn *fn, void *arg, struct error *err)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    bson_error_t why = {0};
    TRY(mongo_command(client, database, command, &reply, err));
    bson_t own;
    bson_copy_to(&reply, &own); /* the cursor takes it */
    mongoc_cursor_t *cursor = mongoc_cursor_new_from_command_reply_with_opts(client, &own, NULL);
    const bson_t *doc = NULL;
    const bson_t *said = NULL;
    enum errcode code = ERR_OK;
    while (code == ERR_OK && mongoc_cursor_next(cursor, &doc)) {
        code = fn(doc, arg, err);
    }
    if (code == ERR_OK && mongoc_cursor_error_document(cursor, &why, &said)) {
        code = mongo_error(said, &why, NULL, "reading", err);
    }
    mongoc_cursor_destroy(cursor);
    return code;
}

static void destroy(void *doc)
{
    bson_destroy(doc);
}

bson_t *mongo_doc_tie(struct arena *a, bson_t *doc)
{
    arena_defer(a, destroy, doc);
    return doc;
}

bson_t *mongo_doc(struct arena *a)
{
    return mongo_doc_tie(a, bson_new());
}

bson_t *mongo_doc_json(struct arena *a, const char *json, struct error *err)
{
    bson_error_t why = {0};
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, &why);
    if (!doc) {
        (void)ERROR(err, ERR_INVALID, "this is no extended JSON: %s", why.message);
        return NULL;
    }
    return mongo_doc_tie(a, doc);
}

bson_t *mongo_doc_copy(struct arena *a, const bson_iter_t *it)
{
    bson_t view;
    uint32_t n = 0;
    const uint8_t *data = NULL;
    if (BSON_ITER_HOLDS_DOCUMENT(it)) {
        bson_iter_document(it, &n, &data);
    } else if (BSON_ITER_HOLDS_ARRAY(it)) {
        bson_iter_array(it, &n, &data);
    }
    if (!data || !bson_init_static(&view, data, n)) {
        return mongo_doc(a);
    }
    return mongo_doc_tie(a, bson_copy(&view));
}

void mongo_doc_destroyp(bson_t **doc)
{
    bson_destroy(*doc);
}

void mongo_reply_destroyp(bson_t *reply)
{
    bson_destroy(reply);
}
