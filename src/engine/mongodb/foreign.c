#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/planner.h"

/*
 * The options of a collection that somebody else made: {"validator": …, "validationLevel": …,
 * "validationAction": …}. One field's schema is merged in or taken out; all else, also keywords we
 * do not know, stays as it is.
 */
static bson_t *child(struct arena *a, const bson_t *doc, const char *key)
{
    bson_iter_t it;
    if (bson_iter_init_find(&it, doc, key) && BSON_ITER_HOLDS_DOCUMENT(&it)) {
        return mongo_doc_copy(a, &it);
    }
    return mongo_doc(a);
}

const bson_t *foreign_validator(struct arena *a, const char *options)
{
    bson_t *doc = mongo_doc_json(a, options, NULL);
    return doc ? child(a, doc, "validator") : mongo_doc(a);
}

const char *foreign_word(struct arena *a, const char *options, const char *key,
                         const char *standard)
{
    bson_iter_t it;
    bson_t *doc = mongo_doc_json(a, options, NULL);
    bool is_there = doc && bson_iter_init_find(&it, doc, key) && BSON_ITER_HOLDS_UTF8(&it);
    return is_there ? arena_strdup(a, bson_iter_utf8(&it, NULL)) : standard;
}

/* @doc with @key as @value in its old place, or at the end; taken out when @value is empty. */
static bson_t *with(struct arena *a, const bson_t *doc, const char *key, const bson_t *value)
{
    bson_t *out = mongo_doc(a);
    bson_iter_t it;
    bool has = bson_iter_init(&it, doc);
    bool is_done = false;
    while (has && bson_iter_next(&it)) {
        if (!text_eq(bson_iter_key(&it), key)) {
            BSON_APPEND_VALUE(out, bson_iter_key(&it), bson_iter_value(&it));
        } else if (!bson_empty(value)) {
            BSON_APPEND_DOCUMENT(out, key, value);
            is_done = true;
        }
    }
    if (!is_done && !bson_empty(value)) {
        BSON_APPEND_DOCUMENT(out, key, value);
    }
    return out;
}

/* The list `required` without @out and with @in; either may be NULL. */
static bson_t *with_required(struct arena *a, const bson_t *schema, const char *out, const char *in)
{
    bson_t *copy = mongo_doc(a);
    bson_t list;
    bson_iter_t it, item;
    char room[16];
    const char *at = NULL;
    uint32_t n = 0;
    bson_copy_to_excluding_noinit(schema, copy, "required", NULL);
    bson_t *names = mongo_doc(a);
    bool has = bson_iter_init_find(&it, schema, "required") && bson_iter_recurse(&it, &item);
    while (has && bson_iter_next(&item)) {
        const char *name = BSON_ITER_HOLDS_UTF8(&item) ? bson_iter_utf8(&item, NULL) : NULL;
        if (name && !text_eq(name, out) && !text_eq(name, in)) {
            bson_uint32_to_string(n++, &at, room, sizeof room);
            BSON_APPEND_UTF8(names, at, name);
        }
    }
    if (in) {
        bson_uint32_to_string(n++, &at, room, sizeof room);
        BSON_APPEND_UTF8(names, at, in);
    }
    if (n > 0) {
        BSON_APPEND_ARRAY_BEGIN(copy, "required", &list);
        bson_concat(&list, names);
        bson_append_array_end(copy, &list);
    }
    return copy;
}

static bool requires(const bson_t *schema, const char *name)
{
    bson_iter_t it, item;
    bool has = bson_iter_init_find(&it, schema, "required") && bson_iter_recurse(&it, &item);
    while (has && bson_iter_next(&item)) {
        if (BSON_ITER_HOLDS_UTF8(&item) && text_eq(bson_iter_utf8(&item, NULL), name)) {
            return true;
        }
    }
    return false;
}

const char *foreign_set(struct arena *a, const char *options, const char *name,
                        const bson_t *schema, const char *from, bool is_required)
{
    bson_t *all = mongo_doc_json(a, options, NULL);
    all = all ? all : mongo_doc(a);
    bson_t *validator = child(a, all, "validator");
    bson_t *top = child(a, validator, "$jsonSchema");
    bson_t *properties = child(a, top, "properties");
    const char *gone = from ? from : schema ? NULL : name;
    if (from) {
        schema = child(a, properties, from);
        is_required = requires(top, from);
    }
    if (gone && !bson_has_field(properties, gone) && !requires(top, gone)) {
        return options; /* the validator does not speak of it */
    }
    if (gone) {
        properties = with(a, properties, gone, mongo_doc(a));
    }
    if (schema) {
        properties = with(a, properties, name, schema);
    }
    if (bson_empty(top)) {
        BSON_APPEND_UTF8(top, "bsonType", "object");
    }
    top = with(a, top, "properties", properties);
    top = with_required(a, top, gone, is_required ? name : NULL);
    validator = with(a, validator, "$jsonSchema", top);
    return mongo_text(a, with(a, all, "validator", validator));
}

/* @doc with the key @from as @to, at any depth. */
static bson_t *renamed(struct arena *a, const bson_t *doc, const char *from, const char *to)
{
    bson_t *out = mongo_doc(a);
    bson_iter_t it;
    bool has = bson_iter_init(&it, doc);
    while (has && bson_iter_next(&it)) {
        const char *key = text_eq(bson_iter_key(&it), from) ? to : bson_iter_key(&it);
        if (BSON_ITER_HOLDS_DOCUMENT(&it)) {
            BSON_APPEND_DOCUMENT(out, key, renamed(a, mongo_doc_copy(a, &it), from, to));
        } else if (BSON_ITER_HOLDS_ARRAY(&it)) {
            BSON_APPEND_ARRAY(out, key, renamed(a, mongo_doc_copy(a, &it), from, to));
        } else {
            BSON_APPEND_VALUE(out, key, bson_iter_value(&it));
        }
    }
    return out;
}

const char *foreign_renamed(struct arena *a, const char *native, const char *from, const char *to)
{
    static const char *const members[] = {"key", "partialFilterExpression"};
    bson_t *spec = mongo_doc_json(a, native, NULL);
    for (size_t i = 0; spec && i < ARRAY_LEN(members); i++) {
        if (bson_has_field(spec, members[i])) {
            spec = with(a, spec, members[i], renamed(a, child(a, spec, members[i]), from, to));
        }
    }
    return spec ? mongo_text(a, spec) : native;
}
