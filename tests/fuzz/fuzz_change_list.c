/*
 * Change lists, as a request and as the journal: what decodes must encode and decode to the same
 * text, and what applies to the sample catalog must undo to its first fingerprint.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "catalog/table_json.h"
#include "change/change_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char sample[] =
    "[{\"op\":\"CREATE_TABLE\",\"table\":{\"name\":\"a\",\"columns\":[{\"name\":\"id\",\"type\":"
    "\"number\",\"kind\":\"integer\",\"primaryKey\":true},{\"name\":\"n\",\"type\":\"text\","
    "\"unique\":true,\"validation\":{\"minLength\":1}}]}},"
    "{\"op\":\"CREATE_TABLE\",\"table\":{\"name\":\"b\",\"columns\":[{\"name\":\"a_id\",\"type\":"
    "\"relation\",\"relatedTable\":\"a\"},{\"name\":\"m\",\"type\":\"number\",\"check\":{\"raw\":"
    "\"m > 0\"}}],\"indexes\":[{\"name\":\"i\",\"columns\":[\"m\",\"a_id\"]}]}}]";

static const char *encode(struct arena *a, const struct change_list *list)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    change_list_encode(&w, list);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static struct catalog *make_sample(struct arena *a)
{
    json_t *doc = NULL;
    struct change_list list = {0};
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct catalog *made = NULL;
    BUG_ON(doc_parse(a, str_of(sample), JSON_DEPTH_MAX, &doc, NULL) != ERR_OK);
    BUG_ON(change_list_decode(a, doc, &list, NULL) != ERR_OK);
    BUG_ON(change_list_apply(&list, empty, &made, NULL) != ERR_OK);
    return made;
}

static void must_round_trip(struct arena *a, const struct change_list *list)
{
    json_t *doc = NULL;
    struct change_list back = {0};
    const char *text = encode(a, list);
    /* what we write may nest deeper than what we were given, by the parts it adds */
    if (doc_parse(a, str_of(text), 2 * JSON_DEPTH_MAX, &doc, NULL) != ERR_OK) {
        return;
    }
    BUG_ON(change_list_decode_stored(a, doc, &back, NULL) != ERR_OK);
    BUG_ON(!text_eq(encode(a, &back), text));
}

static void must_undo(struct arena *a, struct change_list *list)
{
    struct catalog *before AUTO(catalog_unrefp) = make_sample(a);
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct catalog *again AUTO(catalog_unrefp) = NULL;
    struct change_list inverse = {0};
    change_list_prepare(a, list, "f");
    if (change_list_apply(list, before, &after, NULL) != ERR_OK) {
        return;
    }
    change_list_inverse(a, list, before, &inverse);
    change_list_prepare(a, &inverse, "u");
    must_round_trip(a, &inverse);
    BUG_ON(change_list_apply(&inverse, after, &again, NULL) != ERR_OK);
    BUG_ON(!text_eq(catalog_fingerprint(a, again), catalog_fingerprint(a, before)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    json_t *doc = NULL;
    struct change_list list = {0};
    struct error err = ERROR_INIT;
    struct str text = {arena_strndup(a, (const char *)data, size), size};
    if (doc_parse(a, text, JSON_DEPTH_MAX, &doc, NULL) != ERR_OK) {
        return 0;
    }
    if (change_list_decode_stored(a, doc, &list, &err) == ERR_OK) {
        must_round_trip(a, &list);
    } else {
        BUG_ON(!err.message);
        error_release(&err);
    }
    if (change_list_decode(a, doc, &list, NULL) == ERR_OK) {
        must_undo(a, &list);
    }
    return 0;
}
