#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/infer.h"
#include "engine/mongodb/model.h"
#include "engine/mongodb/room.h"

/*
 * Reading the structure of a database. A collection of ours tells its model in its validator;
 * another one's columns are inferred. Of the indexes the server's list is the truth: those that
 * the model knows are as the model says, others as the server tells them.
 *
 * MongoDB answers for one collection at a time: a database of many is read by several threads.
 */
#define THREADS_MAX 8
#define TABLES_EACH 16 /* fewer are not worth a thread */

struct collection {
    struct table *table;
    bson_t *options;
    bool is_ours;
};

struct reading {
    struct mongo_engine *engine;
    struct room *room;
    mongoc_client_t *client;
    struct arena *arena; /* of the catalog */
    struct collection *items;
    size_t n;
    struct error *err;
    enum errcode code;
};

static const char *text_in(const bson_t *doc, const char *key)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, key) && BSON_ITER_HOLDS_UTF8(&it)
               ? bson_iter_utf8(&it, NULL)
               : NULL;
}

static bool is_hidden(const char *name)
{
    return text_eq(name, ROOM_MARK) || str_starts(str_of(name), STR("system."));
}

static const char *description_of(const bson_t *options)
{
    bson_iter_t it, schema, found;
    if (bson_iter_init_find(&it, options, "validator") && bson_iter_recurse(&it, &schema) &&
        bson_iter_find(&schema, "$jsonSchema") && bson_iter_recurse(&schema, &found) &&
        bson_iter_find(&found, "description") && BSON_ITER_HOLDS_UTF8(&found)) {
        return bson_iter_utf8(&found, NULL);
    }
    return NULL;
}

static enum errcode add_collection(const bson_t *doc, void *arg, struct error *err)
{
    struct reading *r = arg;
    bson_iter_t it;
    const char *name = text_in(doc, "name");
    (void)err;
    if (!name || is_hidden(name)) {
        return ERR_OK;
    }
    struct collection c = {.table = ARENA_NEW(r->arena, struct table)};
    c.options = bson_iter_init_find(&it, doc, "options") ? mongo_doc_copy(r->arena, &it)
                                                         : mongo_doc(r->arena);
    const char *description = description_of(c.options);
    c.is_ours = description && model_parse(r->arena, description, c.table);
    c.table->name = arena_strdup(r->arena, name);
    c.table->is_internal = str_starts(str_of(name), STR(TELAIO_PREFIX));
    c.table->kind = text_eq(text_in(doc, "type"), "view") ? TABLE_VIEW : TABLE_BASE;
    c.table->row_estimate = -1;
    if (!c.is_ours) {
        c.table->native = mongo_text(r->arena, c.options);
    }
    ARENA_PUSH(r->arena, r->items, r->n, c);
    return ERR_OK;
}

/* What one thread reads. */
struct share {
    struct reading *reading;
    mongoc_client_t *client;
    struct arena *arena; /* of its part of the catalog */
    size_t from, step;
    pthread_t thread;
    struct error err;
    enum errcode code;
};

struct index_reading {
    struct share *share;
    struct collection *collection;
    const struct table *model; /* with the indexes that the model knows */
    struct index *found;
    size_t n;
};

static const char *column_of(struct share *s, const struct table *t, const char *field)
{
    const struct column *key = table_single_key(t);
    return text_eq(field, "_id") && key ? key->name : arena_strdup(s->arena, field);
}

static bool same_keys(const bson_t *spec, const bson_t *wanted)
{
    bson_iter_t x, y, i, k;
    if (!bson_iter_init_find(&x, spec, "key") || !bson_iter_init_find(&y, wanted, "key") ||
        !bson_iter_recurse(&x, &i) || !bson_iter_recurse(&y, &k)) {
        return false;
    }
    for (;;) {
        bool in_x = bson_iter_next(&i);
        bool in_y = bson_iter_next(&k);
        if (!in_x || !in_y) {
            return in_x == in_y;
        }
        if (!text_eq(bson_iter_key(&i), bson_iter_key(&k)) ||
            bson_iter_as_int64(&i) != bson_iter_as_int64(&k)) {
            return false;
        }
    }
}

static bool flag_in(const bson_t *doc, const char *key)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, key) && bson_iter_as_bool(&it);
}

/* The index is the one that the model's @i would make. */
static bool is_model(struct share *s, const struct table *t, const struct index *i,
                     const bson_t *spec)
{
    const bson_t *wanted = NULL;
    return model_index(s->arena, t, i, &wanted, NULL) == ERR_OK && same_keys(spec, wanted) &&
           flag_in(spec, "unique") == i->is_unique &&
           bson_has_field(spec, "partialFilterExpression") ==
               bson_has_field(wanted, "partialFilterExpression");
}

static void read_keys(struct share *s, const struct table *t, const bson_t *spec, struct index *i)
{
    bson_iter_t it, key;
    if (!bson_iter_init_find(&it, spec, "key") || !bson_iter_recurse(&it, &key)) {
        return;
    }
    while (bson_iter_next(&key)) {
        struct index_key one = {0};
        const char *field = bson_iter_key(&key);
        bool is_column = table_find_column(t, str_of(field)) || text_eq(field, "_id");
        if (is_column) {
            one.column = column_of(s, t, field);
        } else {
            one.expr = expr_raw(s->arena, arena_strdup(s->arena, field));
        }
        if (BSON_ITER_HOLDS_UTF8(&key)) {
            i->method = arena_strdup(s->arena, bson_iter_utf8(&key, NULL));
        } else {
            one.is_descending = bson_iter_as_int64(&key) < 0;
        }
        ARENA_PUSH(s->arena, i->keys, i->n_keys, one);
    }
}

/* An index that the model does not know. */
static struct index foreign_index(struct share *s, const struct table *t, const bson_t *spec)
{
    bson_iter_t it;
    struct index i = {.name = arena_strdup(s->arena, text_in(spec, "name")),
                      .is_unique = flag_in(spec, "unique")};
    read_keys(s, t, spec, &i);
    bson_t *plain = mongo_doc(s->arena);
    bson_copy_to_excluding_noinit(spec, plain, "ns", "storageEngine", "v", NULL);
    i.native = mongo_text(s->arena, plain);
    if (bson_iter_init_find(&it, spec, "partialFilterExpression")) {
        i.where = expr_raw(s->arena, mongo_text(s->arena, mongo_doc_copy(s->arena, &it)));
    } else if (flag_in(spec, "sparse")) {
        i.where = expr_raw(s->arena, "{\"$exists\":true}");
    }
    return i;
}

static enum errcode add_index(const bson_t *spec, void *arg, struct error *err)
{
    struct index_reading *r = arg;
    const struct table *t = r->collection->table;
    const char *name = text_in(spec, "name");
    (void)err;
    if (!name || text_eq(name, "_id_") || text_eq(name, MODEL_KEY_INDEX)) {
        return ERR_OK;
    }
    const struct index *known =
        r->collection->is_ours ? table_find_index(r->model, str_of(name)) : NULL;
    struct index one =
        known && is_model(r->share, t, known, spec) ? *known : foreign_index(r->share, t, spec);
    if (one.n_keys > 0) {
        ARENA_PUSH(r->share->arena, r->found, r->n, one);
    }
    return ERR_OK;
}

/* In the order of the model, others behind them. */
static void sort_indexes(struct index_reading *r)
{
    size_t n_model = r->collection->is_ours ? r->model->n_indexes : 0;
    struct index *sorted = ARENA_ARRAY(r->share->arena, r->n + n_model, struct index);
    size_t n = 0;
    for (size_t m = 0; m < n_model; m++) {
        if (model_is_key(r->model, &r->model->indexes[m])) {
            sorted[n++] = r->model->indexes[m];
        }
        for (size_t i = 0; i < r->n; i++) {
            if (text_eq(r->found[i].name, r->model->indexes[m].name)) {
                sorted[n++] = r->found[i];
                r->found[i].name = NULL;
            }
        }
    }
    for (size_t i = 0; i < r->n; i++) {
        if (r->found[i].name) {
            sorted[n++] = r->found[i];
        }
    }
    r->collection->table->indexes = sorted;
    r->collection->table->n_indexes = n;
}

static enum errcode read_indexes(struct share *s, struct collection *c, struct error *err)
{
    struct table model = *c->table;
    struct index_reading r = {.share = s, .collection = c, .model = &model};
    bson_t *list AUTO(mongo_doc_destroyp) = BCON_NEW("listIndexes", BCON_UTF8(c->table->name));
    TRY(mongo_cursor_each(s->client, s->reading->room->database, list, add_index, &r, err));
    sort_indexes(&r);
    return ERR_OK;
}

static enum errcode read_table(struct share *s, struct collection *c, struct error *err)
{
    struct table *t = c->table;
    if (t->is_internal) {
        t->n_indexes = 0; /* what is kept there is not the user's schema */
        return ERR_OK;
    }
    if (!c->is_ours) {
        TRY(infer_columns(s->client, s->reading->room, s->arena, c->options, t, err));
    }
    if (t->kind == TABLE_BASE) {
        TRY(read_indexes(s, c, err));
    }
    table_refresh_unique(t);
    return ERR_OK;
}

static void *read_share(void *arg)
{
    struct share *s = arg;
    struct reading *r = s->reading;
    for (size_t i = s->from; i < r->n && s->code == ERR_OK; i += s->step) {
        s->code = read_table(s, &r->items[i], &s->err);
        if (s->code == ERR_SCHEMA_MOVED) { /* dropped between the list and now */
            error_release(&s->err);
            s->code = ERR_OK;
            r->items[i].table = NULL;
        }
    }
    return NULL;
}

static void free_arena(void *p)
{
    arena_free(p);
}

/* One share here, others on threads with clients of their own as far as there are any. */
static enum errcode read_tables(struct reading *r)
{
    struct share shares[THREADS_MAX] = {0};
    size_t n = 1 + r->n / TABLES_EACH;
    size_t made = 0;
    n = n > THREADS_MAX ? THREADS_MAX : n;
    for (; made < n; made++) {
        mongoc_client_t *client = made ? mongoc_client_pool_try_pop(r->engine->pool) : r->client;
        if (!client) {
            break;
        }
        shares[made] = (struct share){.reading = r, .client = client, .arena = arena_new()};
        arena_defer(r->arena, free_arena, shares[made].arena);
    }
    for (size_t i = 0; i < made; i++) {
        shares[i].from = i;
        shares[i].step = made;
    }
    for (size_t i = 1; i < made; i++) {
        BUG_ON(pthread_create(&shares[i].thread, NULL, read_share, &shares[i]) != 0);
    }
    (void)read_share(&shares[0]);
    enum errcode code = ERR_OK;
    for (size_t i = 0; i < made; i++) {
        if (i > 0) {
            (void)pthread_join(shares[i].thread, NULL);
            mongo_return(r->engine, shares[i].client);
        }
        if (shares[i].code != ERR_OK && code == ERR_OK) {
            code = error_move(r->err, &shares[i].err);
        } else {
            error_release(&shares[i].err);
        }
    }
    return code;
}

static enum errcode read_all(struct reading *r)
{
    bson_t *list AUTO(mongo_doc_destroyp) = BCON_NEW("listCollections", BCON_INT32(1));
    TRY(mongo_cursor_each(r->client, r->room->database, list, add_collection, r, r->err));
    return read_tables(r);
}

static void run(void *arg)
{
    struct reading *r = arg;
    r->code = read_all(r);
}

enum errcode mongo_inspect(struct session *base, struct catalog **out, struct error *err)
{
    struct mongo_session *s = mongo_session_of(base);
    struct catalog *c = catalog_new();
    struct reading r = {
        .engine = mongo_engine_of(base->engine), .room = s->room, .arena = c->arena, .err = err};
    r.code = mongo_hold(s, err);
    if (r.code == ERR_OK) {
        r.client = s->client;
        loop_run_blocking(run, &r);
        mongo_let(s);
    }
    if (r.code != ERR_OK) {
        catalog_unref(c);
        return r.code;
    }
    for (size_t i = 0; i < r.n; i++) {
        if (r.items[i].table) {
            catalog_add_table(c, r.items[i].table);
        }
    }
    *out = c;
    return ERR_OK;
}
