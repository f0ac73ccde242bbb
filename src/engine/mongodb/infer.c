#include "engine/mongodb/infer.h"

#include "base/attr.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "engine/mongodb/room.h"
#include "engine/mongodb/values.h"

#define KEPT_US     ((int64_t)5 * 60 * 1000 * 1000)
#define FIELDS_MAX  1000
#define ALIASES_MAX 12

static const char *alias_of(const bson_iter_t *it)
{
    static const struct {
        bson_type_t type;
        const char *alias;
    } rows[] = {
        {BSON_TYPE_BOOL, "bool"},          {BSON_TYPE_INT32, "int"},
        {BSON_TYPE_INT64, "long"},         {BSON_TYPE_DOUBLE, "double"},
        {BSON_TYPE_DECIMAL128, "decimal"}, {BSON_TYPE_UTF8, "string"},
        {BSON_TYPE_DATE_TIME, "date"},     {BSON_TYPE_OID, "objectId"},
        {BSON_TYPE_DOCUMENT, "object"},    {BSON_TYPE_ARRAY, "array"},
    };
    bson_type_t type = bson_iter_type(it);
    if (type == BSON_TYPE_BINARY) {
        bson_subtype_t kind;
        uint32_t n = 0;
        const uint8_t *p = NULL;
        bson_iter_binary(it, &kind, &n, &p);
        return kind == BSON_SUBTYPE_UUID && n == 16 ? "uuid" : "binData";
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].type == type) {
            return rows[i].alias;
        }
    }
    return "other";
}

struct field {
    const char *name;
    struct {
        const char *alias;
        int64_t n;
    } seen[ALIASES_MAX];
    size_t n_seen;
    int64_t n_values;
};

struct sample {
    struct arena *arena;
    struct map by_name;
    struct field **fields; /* in the order they first came */
    size_t n_fields;
    int64_t n;
};

static void count(struct field *f, const char *alias)
{
    size_t i = 0;
    while (i < f->n_seen && !text_eq(f->seen[i].alias, alias)) {
        i++;
    }
    if (i == f->n_seen && i < ALIASES_MAX) {
        f->seen[f->n_seen++].alias = alias;
    }
    if (i < f->n_seen) {
        f->seen[i].n++;
    }
    f->n_values++;
}

/* Names that a query cannot say, and what we set aside in collections of our own. */
static bool is_column(const char *name)
{
    return *name && *name != '$' && !strchr(name, '.') &&
           !str_starts(str_of(name), STR(TELAIO_PREFIX));
}

static enum errcode add_document(const bson_t *doc, void *arg, struct error *err)
{
    struct sample *s = arg;
    bson_iter_t it;
    (void)err;
    s->n++;
    bool has = bson_iter_init(&it, doc);
    while (has && bson_iter_next(&it)) {
        const char *name = bson_iter_key(&it);
        struct field *f = map_get(&s->by_name, str_of(name));
        if (!f && s->n_fields < FIELDS_MAX && is_column(name)) {
            f = ARENA_NEW(s->arena, struct field);
            f->name = arena_strdup(s->arena, name);
            (void)map_put(&s->by_name, str_of(name), f);
            ARENA_PUSH(s->arena, s->fields, s->n_fields, f);
        }
        if (f && !BSON_ITER_HOLDS_NULL(&it)) {
            count(f, alias_of(&it));
        }
    }
    return ERR_OK;
}

static enum errcode take_sample(mongoc_client_t *client, const char *database, const char *name,
                                struct sample *s, struct error *err)
{
    bson_t *find AUTO(mongo_doc_destroyp) =
        BCON_NEW("find", BCON_UTF8(name), "limit", BCON_INT32(SAMPLE_SIZE), "batchSize",
                 BCON_INT32(SAMPLE_SIZE));
    TRY(mongo_cursor_each(client, database, find, add_document, s, err));
    if (s->n < SAMPLE_SIZE) {
        return ERR_OK;
    }
    bson_t *more AUTO(mongo_doc_destroyp) =
        BCON_NEW("aggregate", BCON_UTF8(name), "pipeline", "[", "{", "$sample", "{", "size",
                 BCON_INT32(SAMPLE_SIZE), "}", "}", "]", "cursor", "{", "batchSize",
                 BCON_INT32(SAMPLE_SIZE), "}");
    return mongo_cursor_each(client, database, more, add_document, s, err);
}

static bool has_only(const struct field *f, const char *const *aliases)
{
    for (size_t i = 0; i < f->n_seen; i++) {
        size_t k = 0;
        while (aliases[k] && !text_eq(aliases[k], f->seen[i].alias)) {
            k++;
        }
        if (!aliases[k]) {
            return false;
        }
    }
    return f->n_seen > 0;
}

static struct type type_of(const struct field *f)
{
    static const char *const whole[] = {"int", "long", NULL};
    static const char *const binary[] = {"int", "long", "double", NULL};
    static const char *const exact[] = {"int", "long", "decimal", NULL};
    static const char *const json[] = {"object", "array", NULL};
    if (f->n_seen == 1) {
        return mongo_type_of(f->seen[0].alias);
    }
    if (has_only(f, whole)) {
        return mongo_type_of("long");
    }
    if (has_only(f, binary)) {
        return mongo_type_of("double");
    }
    if (has_only(f, exact)) {
        return mongo_type_of("decimal");
    }
    return mongo_type_of(has_only(f, json) ? "object" : "any");
}

static const char *histogram(struct arena *a, const struct sample *s, const struct field *f)
{
    struct buf b;
    struct json_writer w;
    int64_t most = 0;
    buf_init(&b, 1 << 16);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    jsonw_key(&w, "inferred");
    jsonw_begin_object(&w);
    jsonw_kv_int(&w, "documents", s->n);
    jsonw_key(&w, "types");
    jsonw_begin_object(&w);
    for (size_t i = 0; i < f->n_seen; i++) {
        jsonw_kv_int(&w, f->seen[i].alias, f->seen[i].n);
        most = f->seen[i].n > most ? f->seen[i].n : most;
    }
    jsonw_end_object(&w);
    jsonw_key(&w, "confidence");
    jsonw_double(&w, f->n_values ? (double)(most * 100 / f->n_values) / 100 : 0);
    jsonw_end_object(&w);
    jsonw_end_object(&w);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static void push_column(struct arena *a, struct table *t, const struct column *c)
{
    ARENA_PUSH(a, t->columns, t->n_columns, *c);
}

static const char *first_type(bson_iter_t it, bool *is_nullable)
{
    const char *alias = NULL;
    bson_iter_t item;
    if (BSON_ITER_HOLDS_UTF8(&it)) {
        return bson_iter_utf8(&it, NULL);
    }
    if (!BSON_ITER_HOLDS_ARRAY(&it) || !bson_iter_recurse(&it, &item)) {
        return NULL;
    }
    while (bson_iter_next(&item)) {
        const char *one = BSON_ITER_HOLDS_UTF8(&item) ? bson_iter_utf8(&item, NULL) : "";
        if (text_eq(one, "null")) {
            *is_nullable = true;
        } else {
            alias = alias ? "any" : one;
        }
    }
    return alias;
}

static void read_labels(struct arena *a, bson_iter_t it, struct column *c, bool *is_nullable)
{
    const char **labels = NULL;
    size_t n = 0;
    bson_iter_t item;
    bool all = BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, &item);
    while (all && bson_iter_next(&item)) {
        if (BSON_ITER_HOLDS_NULL(&item)) {
            *is_nullable = true;
        } else if (BSON_ITER_HOLDS_UTF8(&item)) {
            const char *label = arena_strdup(a, bson_iter_utf8(&item, NULL));
            ARENA_PUSH(a, labels, n, label);
        } else {
            all = false;
        }
    }
    if (all && n > 0) {
        c->type = (struct type){.kind = TYPE_ENUM, .values = labels, .n_values = n};
        c->type.native = "string";
    }
}

static bool find(bson_iter_t property, const char *keyword, bson_iter_t *it)
{
    return bson_iter_recurse(&property, it) && bson_iter_find(it, keyword);
}

static int read_length(bson_iter_t property)
{
    bson_iter_t it;
    if (!find(property, "maxLength", &it) || !BSON_ITER_HOLDS_NUMBER(&it)) {
        return 0;
    }
    int64_t n = bson_iter_as_int64(&it);
    return n > 0 && n < INT32_MAX ? (int)n : 0;
}

/* One property of a validator that we did not write. */
static struct column read_property(struct arena *a, const char *name, bson_iter_t property,
                                   bool *says_type)
{
    struct column c = {.name = arena_strdup(a, name), .is_nullable = true};
    bson_iter_t it;
    bool is_nullable = false;
    c.type = mongo_type_of("any");
    if (find(property, "bsonType", &it) || find(property, "type", &it)) {
        const char *alias = first_type(it, &is_nullable);
        c.type = mongo_type_of(text_eq(alias, "boolean") ? "bool" : alias ? alias : "any");
        *says_type = alias != NULL;
    }
    if (c.type.kind == TYPE_TEXT) {
        c.type.length = read_length(property);
    }
    if (find(property, "enum", &it)) {
        read_labels(a, it, &c, &is_nullable);
        *says_type = true;
    }
    if (find(property, "description", &it) && BSON_ITER_HOLDS_UTF8(&it)) {
        c.comment = arena_strdup(a, bson_iter_utf8(&it, NULL));
    }
    c.is_nullable = is_nullable || !*says_type;
    return c;
}

static bool lists(bson_iter_t it, const char *name)
{
    bson_iter_t item;
    bool has = BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, &item);
    while (has && bson_iter_next(&item)) {
        if (BSON_ITER_HOLDS_UTF8(&item) && text_eq(bson_iter_utf8(&item, NULL), name)) {
            return true;
        }
    }
    return false;
}

/* Only what every document is held to makes a column required. */
static bool is_strict(const bson_t *options)
{
    bson_iter_t it;
    bool level = !bson_iter_init_find(&it, options, "validationLevel") ||
                 !BSON_ITER_HOLDS_UTF8(&it) || text_eq(bson_iter_utf8(&it, NULL), "strict");
    bool action = !bson_iter_init_find(&it, options, "validationAction") ||
                  !BSON_ITER_HOLDS_UTF8(&it) || text_eq(bson_iter_utf8(&it, NULL), "error");
    return level && action;
}

static void read_validator(struct arena *a, const bson_t *options, struct table *t)
{
    bson_iter_t it, schema, properties, required, one;
    if (!bson_iter_init_find(&it, options, "validator") || !bson_iter_recurse(&it, &schema) ||
        !bson_iter_find(&schema, "$jsonSchema") || !bson_iter_recurse(&schema, &one)) {
        return;
    }
    bool has_required = bson_iter_find(&one, "required");
    required = one;
    if (!bson_iter_recurse(&schema, &one) || !bson_iter_find(&one, "properties") ||
        !bson_iter_recurse(&one, &properties)) {
        return;
    }
    while (bson_iter_next(&properties)) {
        const char *name = bson_iter_key(&properties);
        bool says_type = false;
        if (!is_column(name) || table_find_column(t, str_of(name))) {
            continue;
        }
        struct column c = read_property(a, name, properties, &says_type);
        c.is_nullable =
            c.is_nullable || !has_required || !lists(required, name) || !is_strict(options);
        push_column(a, t, &c);
    }
}

static void add_sampled(struct arena *a, const struct sample *s, struct table *t)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        struct field *f = s->fields[i];
        struct column *known = table_find_column(t, str_of(f->name));
        if (known && known->type.kind == TYPE_NATIVE && text_eq(known->name, f->name)) {
            known->type = type_of(f);
            known->options = histogram(a, s, f);
        }
        if (!known) {
            struct column c = {.name = arena_strdup(a, f->name),
                               .is_nullable = true,
                               .type = type_of(f),
                               .options = histogram(a, s, f)};
            push_column(a, t, &c);
        }
    }
}

/* "_id" first, and the key of the table. */
static void put_key_first(struct arena *a, struct table *t)
{
    size_t at = table_column_position(t, STR("_id"));
    struct column key = {.name = "_id", .type = mongo_type_of("objectId")};
    struct column *columns = ARENA_ARRAY(a, t->n_columns + 1, struct column);
    size_t n = 0;
    if (at < t->n_columns) {
        key = t->columns[at];
    }
    key.is_nullable = false;
    if (key.type.kind == TYPE_OBJECT_ID) {
        key.default_value = expr_raw(a, "ObjectId()");
    }
    columns[n++] = key;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (i != at) {
            columns[n++] = t->columns[i];
        }
    }
    t->columns = columns;
    t->n_columns = n;
    t->primary_key = ARENA_ARRAY(a, 1, const char *);
    t->primary_key[0] = "_id";
    t->n_primary_key = 1;
}

struct inferred {
    uint64_t options, epoch; /* the room's: our own changes make it old */
    int64_t at_us;
    struct arena *arena;
    struct table *table;
};

static void free_inferred(void *p)
{
    arena_free(((struct inferred *)p)->arena);
}

/* The columns learned a moment ago, while the collection is the same. */
static bool recall(struct room *r, uint64_t options, struct arena *a, struct table *t)
{
    pthread_mutex_lock(&r->lock);
    struct inferred *known = map_get(&r->inferred, str_of(t->name));
    bool is_fresh = known && known->options == options && known->epoch == r->epoch &&
                    time_monotonic_us() - known->at_us < KEPT_US;
    if (is_fresh) {
        struct table *copy = table_copy(a, known->table);
        t->columns = copy->columns;
        t->n_columns = copy->n_columns;
        t->primary_key = copy->primary_key;
        t->n_primary_key = copy->n_primary_key;
    }
    pthread_mutex_unlock(&r->lock);
    return is_fresh;
}

static void remember(struct room *r, uint64_t options, const struct table *t)
{
    struct arena *own = arena_new();
    pthread_mutex_lock(&r->lock);
    struct inferred *known = map_get(&r->inferred, str_of(t->name));
    if (known) {
        arena_free(known->arena);
    } else {
        known = ARENA_NEW(r->arena, struct inferred);
        (void)map_put(&r->inferred, str_of(t->name), known);
        arena_defer(r->arena, free_inferred, known);
    }
    *known = (struct inferred){options, r->epoch, time_monotonic_us(), own, table_copy(own, t)};
    pthread_mutex_unlock(&r->lock);
}

enum errcode infer_columns(mongoc_client_t *client, struct room *r, struct arena *a,
                           const bson_t *options, struct table *t, struct error *err)
{
    uint64_t hash = hash64((struct str){(const char *)bson_get_data(options), options->len});
    if (recall(r, hash, a, t)) {
        return ERR_OK;
    }
    struct arena *scratch AUTO(arena_freep) = arena_new();
    struct sample s = {.arena = scratch};
    map_init(&s.by_name, scratch, false);
    read_validator(a, options, t);
    TRY(take_sample(client, r->database, t->name, &s, err));
    add_sampled(a, &s, t);
    if (t->kind == TABLE_BASE) {
        put_key_first(a, t);
    }
    remember(r, hash, t);
    return ERR_OK;
}
