#include "engine/mongodb/single.h"

#include "base/attr.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/room.h"

struct first_write {
    const char *collection;
    bson_t *before; /* NULL: it was not there */
    bson_t *key;    /* {"_id": …}; NULL: nothing was written */
};

static enum errcode refuse(struct error *err)
{
    (void)ERROR(err, ERR_UNSUPPORTED,
                "this MongoDB server has no transactions: it changes one row at a time");
    return error_hint(err, "run the server as a replica set");
}

static bson_t *key_of(struct arena *a, const bson_t *doc)
{
    bson_t *key = mongo_doc(a);
    bson_iter_t it;
    if (bson_iter_init_find(&it, doc, "_id")) {
        BSON_APPEND_VALUE(key, "_id", bson_iter_value(&it));
    }
    return key;
}

struct found {
    struct arena *arena;
    bson_t *first;
    int n;
};

static enum errcode add(const bson_t *doc, void *arg, struct error *err)
{
    struct found *f = arg;
    (void)err;
    if (f->n++ == 0) {
        f->first = mongo_doc_tie(f->arena, bson_copy(doc));
    }
    return ERR_OK;
}

enum errcode single_write(struct mongo_session *s, const struct write *w, const bson_t *filter,
                          struct error *err)
{
    if (!s->in_transact || s->transaction) {
        return ERR_OK;
    }
    if (s->first) {
        return refuse(err);
    }
    s->first = ARENA_NEW(s->base.arena, struct first_write);
    s->first->collection = arena_strdup(s->base.arena, w->table->name);
    if (!filter) {
        return ERR_OK;
    }
    struct found f = {.arena = s->base.arena};
    bson_t *find AUTO(mongo_doc_destroyp) = BCON_NEW("find", BCON_UTF8(w->table->name), "filter",
                                                     BCON_DOCUMENT(filter), "limit", BCON_INT32(2));
    TRY(mongo_cursor_each(s->client, s->room->database, find, add, &f, err));
    if (f.n > 1) {
        return refuse(err);
    }
    if (f.first) {
        s->first->before = f.first;
        s->first->key = key_of(s->base.arena, f.first);
    }
    return ERR_OK;
}

void single_inserted(struct mongo_session *s, const char *collection, const bson_t *doc)
{
    if (s->first && text_eq(s->first->collection, collection)) {
        s->first->key = key_of(s->base.arena, doc);
    }
}

static void put_back(void *arg)
{
    struct mongo_session *s = arg;
    struct first_write *f = s->first;
    bson_error_t why = {0};
    mongoc_collection_t *c =
        mongoc_client_get_collection(s->client, s->room->database, f->collection);
    if (f->before) {
        bson_t opts = BSON_INITIALIZER;
        BSON_APPEND_BOOL(&opts, "upsert", true);
        (void)mongoc_collection_replace_one(c, f->key, f->before, &opts, NULL, &why);
        bson_destroy(&opts);
    } else {
        (void)mongoc_collection_delete_one(c, f->key, NULL, NULL, &why);
    }
    mongoc_collection_destroy(c);
}

void single_take_back(struct mongo_session *s)
{
    if (s->first && s->first->key) {
        loop_run_blocking(put_back, s);
    }
    s->first = NULL;
}
