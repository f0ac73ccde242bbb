#include "engine/mongodb/room.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/time.h"
#include "engine/mongodb/errors.h"

#define DATABASE_MAX   63
#define LOOK_EVERY_US  ((int64_t)1000 * 1000)
#define INFER_EVERY_US ((int64_t)10 * 60 * 1000 * 1000)
#define LIST_EVERY_US  ((int64_t)30 * 1000 * 1000)

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* "tenants/x" is PREFIXtenant_x, "store" PREFIXstore. */
static enum errcode database_name(const struct mongo_engine *e, struct arena *a, struct str ns,
                                  const char **out, struct error *err)
{
    if (e->is_attached) {
        *out = e->database;
        return str_eq(ns, ATTACHED_NS)
                   ? ERR_OK
                   : ERROR(err, ERR_NOT_FOUND, "an attached database has one namespace");
    }
    struct str rest = ns;
    bool is_tenant = str_starts(ns, STR("tenants/"));
    rest = is_tenant ? str_sub(ns, strlen("tenants/")) : ns;
    bool ok = rest.n > 0;
    for (size_t i = 0; i < rest.n; i++) {
        ok = ok && is_name_char(rest.p[i]);
    }
    if (!ok) {
        return ERROR(err, ERR_INVALID, "\"%.*s\" is not the name of a namespace", (int)ns.n,
                     ns.n ? ns.p : "");
    }
    *out = arena_printf(a, "%s%s%.*s", e->prefix, is_tenant ? "tenant_" : "", (int)rest.n, rest.p);
    if (strlen(*out) > DATABASE_MAX) {
        return ERROR(err, ERR_INVALID, "the name \"%s\" is too long for a database of MongoDB",
                     *out);
    }
    return ERR_OK;
}

static struct room *make_room(struct arena *a, struct str ns, const char *database)
{
    struct room *r = ARENA_NEW(a, struct room);
    r->ns = arena_str(a, ns);
    r->database = database;
    r->arena = arena_new();
    BUG_ON(pthread_mutex_init(&r->lock, NULL) != 0);
    map_init(&r->counters, r->arena, false);
    map_init(&r->inferred, r->arena, false);
    return r;
}

enum errcode room_find(struct mongo_engine *e, struct str ns, struct room **out, struct error *err)
{
    const char *database = NULL;
    enum errcode code = ERR_OK;
    pthread_mutex_lock(&e->lock);
    struct room *r = map_get(&e->rooms, ns);
    if (!r) {
        code = database_name(e, e->arena, ns, &database, err);
    }
    if (!r && code == ERR_OK) {
        r = make_room(e->arena, ns, database);
        (void)map_put(&e->rooms, ns, r);
    }
    pthread_mutex_unlock(&e->lock);
    *out = r;
    return code;
}

void room_free(struct room *r)
{
    pthread_mutex_destroy(&r->lock);
    arena_free(r->arena);
}

static bool may_enter(const struct room *r, bool alone)
{
    return !r->is_taken && (!alone || r->n_sharing == 0);
}

static void take(struct room *r, bool alone)
{
    r->is_taken = alone;
    r->n_sharing += !alone;
}

void room_enter(struct room *r, bool alone)
{
    struct room_waiter w = {.is_alone = alone};
    pthread_mutex_lock(&r->lock);
    bool entered = !r->first && may_enter(r, alone);
    if (entered) {
        take(r, alone);
    } else {
        gate_init(&w.gate);
        *(r->first ? &r->last->next : &r->first) = &w;
        r->last = &w;
    }
    pthread_mutex_unlock(&r->lock);
    if (!entered) {
        gate_wait(&w.gate); /* whoever opens it has taken the place for us */
    }
}

void room_leave(struct room *r, bool alone)
{
    struct room_waiter *open = NULL;
    struct room_waiter **end = &open;
    pthread_mutex_lock(&r->lock);
    if (alone) {
        r->is_taken = false;
    } else {
        r->n_sharing--;
    }
    while (r->first && may_enter(r, r->first->is_alone)) {
        struct room_waiter *w = r->first;
        take(r, w->is_alone);
        r->first = w->next;
        w->next = NULL;
        *end = w;
        end = &w->next;
    }
    pthread_mutex_unlock(&r->lock);
    while (open) {
        struct room_waiter *w = open;
        open = w->next;
        gate_open(&w->gate);
    }
}

struct look {
    mongoc_client_t *client;
    const char *database;
    bool with_indexes;
    bool is_attached;
    struct arena *arena;
    uint64_t version, indexes;
    bool exists;
    const char **names;
    size_t n;
    struct error *err;
    enum errcode code;
};

/* Collections come in no order: their hashes are summed. */
static enum errcode add_collection(const bson_t *doc, void *arg, struct error *err)
{
    struct look *l = arg;
    bson_iter_t it;
    (void)err;
    l->version += hash64((struct str){(const char *)bson_get_data(doc), doc->len});
    if (bson_iter_init_find(&it, doc, "name") && BSON_ITER_HOLDS_UTF8(&it)) {
        const char *name = arena_strdup(l->arena, bson_iter_utf8(&it, NULL));
        l->exists = l->exists || text_eq(name, ROOM_MARK);
        bool is_view = bson_iter_init_find(&it, doc, "type") && BSON_ITER_HOLDS_UTF8(&it) &&
                       text_eq(bson_iter_utf8(&it, NULL), "view");
        if (!is_view) {
            ARENA_PUSH(l->arena, l->names, l->n, name);
        }
    }
    return ERR_OK;
}

static enum errcode add_index(const bson_t *doc, void *arg, struct error *err)
{
    struct look *l = arg;
    (void)err;
    l->indexes += hash64((struct str){(const char *)bson_get_data(doc), doc->len});
    return ERR_OK;
}

static enum errcode look(struct look *l, struct error *err)
{
    bson_t *list AUTO(mongo_doc_destroyp) = BCON_NEW("listCollections", BCON_INT32(1));
    TRY(mongo_cursor_each(l->client, l->database, list, add_collection, l, err));
    for (size_t i = 0; l->with_indexes && i < l->n; i++) {
        bson_t *indexes AUTO(mongo_doc_destroyp) = BCON_NEW("listIndexes", BCON_UTF8(l->names[i]));
        struct error ignored = ERROR_INIT;
        enum errcode code =
            mongo_cursor_each(l->client, l->database, indexes, add_index, l, &ignored);
        if (code != ERR_OK && code != ERR_SCHEMA_MOVED && code != ERR_UNSUPPORTED) {
            return error_move(err, &ignored); /* a collection that is just dropped is none */
        }
        error_release(&ignored);
    }
    return ERR_OK;
}

static void run_look(void *arg)
{
    struct look *l = arg;
    l->code = look(l, l->err);
}

static enum errcode look_anew(struct mongo_engine *e, struct room *r, bool with_indexes,
                              struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct look l = {.database = r->database,
                     .with_indexes = with_indexes,
                     .is_attached = e->is_attached,
                     .arena = a,
                     .err = err};
    int64_t now = time_monotonic_us();
    pthread_mutex_lock(&r->lock);
    uint64_t epoch = r->epoch;
    pthread_mutex_unlock(&r->lock);
    TRY(mongo_lend(e, &l.client, err));
    loop_run_blocking(run_look, &l);
    mongo_return(e, l.client);
    TRY(l.code);
    pthread_mutex_lock(&r->lock);
    r->is_known = epoch == r->epoch; /* what changed meanwhile is looked at again */
    r->exists = l.exists || e->is_attached;
    r->looked_us = now;
    if (with_indexes) {
        r->indexes = l.indexes;
        r->listed_us = now;
    }
    r->version = l.version ^ r->indexes << 1 ^ epoch << 48;
    pthread_mutex_unlock(&r->lock);
    return ERR_OK;
}

/* A server that is down costs each who asks a worker for as long as a connection may take: one asks
 * at a time, and no sooner than a moment after it was seen down. */
static enum errcode ask(struct mongo_engine *e, struct room *r, bool with_indexes,
                        struct error *err)
{
    pthread_mutex_lock(&r->lock);
    bool is_down =
        r->failed_us && (r->is_asking || time_monotonic_us() - r->failed_us < LOOK_EVERY_US);
    r->is_asking = r->is_asking || !is_down;
    pthread_mutex_unlock(&r->lock);
    if (is_down) {
        return ERROR(err, ERR_UNAVAILABLE, "the database server cannot be reached");
    }
    enum errcode code = look_anew(e, r, with_indexes, err);
    pthread_mutex_lock(&r->lock);
    r->is_asking = false;
    r->failed_us = code == ERR_UNAVAILABLE ? time_monotonic_us() : 0;
    pthread_mutex_unlock(&r->lock);
    return code;
}

enum errcode room_look(struct mongo_engine *e, struct room *r, uint64_t *version, struct error *err)
{
    int64_t now = time_monotonic_us();
    pthread_mutex_lock(&r->lock);
    bool is_fresh = r->is_known && now - r->looked_us < LOOK_EVERY_US;
    bool with_indexes = !is_fresh && r->listed_us != 0 && now - r->listed_us > LIST_EVERY_US;
    if (r->listed_us == 0) {
        r->listed_us = now; /* the first catalog lists them itself */
    }
    pthread_mutex_unlock(&r->lock);
    if (!is_fresh) {
        TRY(ask(e, r, with_indexes, err));
    }
    pthread_mutex_lock(&r->lock);
    bool exists = r->exists;
    if (version) {
        /* what is inferred is looked at anew now and then: documents change without a word */
        *version = r->version + (e->is_attached ? (uint64_t)(now / INFER_EVERY_US) : 0);
    }
    pthread_mutex_unlock(&r->lock);
    if (!exists) {
        return ERROR(err, ERR_NOT_FOUND, "there is no namespace \"%s\"", r->ns);
    }
    return ERR_OK;
}

struct counter {
    int64_t last;
};

void room_changed(struct room *r)
{
    pthread_mutex_lock(&r->lock);
    r->epoch++;
    r->is_known = false;
    for (size_t i = 0; i < r->counters.n; i++) {
        ((struct counter *)r->counters.entries[i].value)->last = 0; /* it may be another table */
    }
    pthread_mutex_unlock(&r->lock);
}

/* Under the lock. */
static struct counter *counter_of(struct room *r, const char *table)
{
    struct counter *c = map_get(&r->counters, str_of(table));
    if (!c) {
        c = ARENA_NEW(r->arena, struct counter);
        (void)map_put(&r->counters, str_of(table), c);
    }
    return c;
}

int64_t room_number(struct room *r, const char *table, int64_t max)
{
    pthread_mutex_lock(&r->lock);
    struct counter *c = counter_of(r, table);
    c->last = (max > c->last ? max : c->last) + 1;
    int64_t number = c->last;
    pthread_mutex_unlock(&r->lock);
    return number;
}

void room_number_seen(struct room *r, const char *table, int64_t number)
{
    pthread_mutex_lock(&r->lock);
    struct counter *c = counter_of(r, table);
    c->last = c->last != 0 && number > c->last ? number : c->last;
    pthread_mutex_unlock(&r->lock);
}

bool room_number_known(struct room *r, const char *table)
{
    pthread_mutex_lock(&r->lock);
    bool known = counter_of(r, table)->last != 0;
    pthread_mutex_unlock(&r->lock);
    return known;
}

void room_number_forget(struct room *r, const char *table)
{
    pthread_mutex_lock(&r->lock);
    counter_of(r, table)->last = 0;
    pthread_mutex_unlock(&r->lock);
}
