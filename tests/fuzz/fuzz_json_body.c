/*
 * JSON bodies: what parses must dump to a text that parses to the same document, member readers
 * must fit the types that are there, and the writer must write what the dump writes.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WRITER_DEPTH_MAX 60

static void must_read_as_it_is(struct arena *a, const json_t *doc)
{
    const char *text = NULL;
    bool flag = false;
    int64_t integer = 0;
    const json_t *inner = NULL;
    struct error err = ERROR_INIT;
    const json_t *v = json_object_get(doc, "k");
    if (doc_text(doc, "k", &text, &err) == ERR_OK) {
        BUG_ON(!json_is_string(v) || text != json_string_value(v));
    } else {
        BUG_ON(!err.message);
    }
    error_release(&err);
    bool is_absent = json_is_object(doc) && (!v || json_is_null(v));
    BUG_ON(doc_opt_bool(doc, "k", &flag, NULL) == ERR_OK && !is_absent && !json_is_boolean(v));
    BUG_ON(doc_opt_int(doc, "k", &integer, NULL) == ERR_OK && !is_absent && !json_is_integer(v));
    BUG_ON(doc_opt_object(doc, "k", &inner, NULL) == ERR_OK && !is_absent && !json_is_object(v));
    BUG_ON(doc_opt_array(doc, "k", &inner, NULL) == ERR_OK && !is_absent && !json_is_array(v));
    BUG_ON(doc_object(doc, "k", &inner, NULL) == ERR_OK && !json_is_object(v));
    BUG_ON(doc_array(doc, "k", &inner, NULL) == ERR_OK && !json_is_array(v));
    const char *const known[] = {"k", "a/b", "c~d", NULL};
    if (doc_only(doc, known, &err) != ERR_OK) {
        /* a name of more than 4 KiB is not repeated in the pointer */
        BUG_ON(!err.where || (err.where[0] != '/' && err.where[0] != 0));
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)doc, key, value)
        {
            const char *const all[] = {arena_strdup(a, key), "k", NULL};
            BUG_ON(json_object_size(doc) == 1 && doc_only(doc, all, NULL) != ERR_OK);
        }
    }
    error_release(&err);
}

static void write_value(struct json_writer *w, const json_t *doc);

static void write_object(struct json_writer *w, const json_t *doc)
{
    const char *key;
    json_t *value;
    jsonw_begin_object(w);
    json_object_foreach((json_t *)(uintptr_t)doc, key, value)
    {
        if (json_is_string(value)) {
            jsonw_kv_str(w, key, (struct str){json_string_value(value), json_string_length(value)});
        } else if (json_is_boolean(value)) {
            jsonw_kv_bool(w, key, json_is_true(value));
        } else if (json_is_integer(value)) {
            jsonw_kv_int(w, key, json_integer_value(value));
        } else if (json_is_null(value)) {
            jsonw_kv_text(w, key, NULL);
        } else {
            jsonw_key(w, key);
            write_value(w, value);
        }
    }
    jsonw_end_object(w);
}

static void write_value(struct json_writer *w, const json_t *doc)
{
    if (json_is_object(doc)) {
        write_object(w, doc);
    } else if (json_is_array(doc)) {
        jsonw_begin_array(w);
        for (size_t i = 0; i < json_array_size(doc); i++) {
            write_value(w, json_array_get(doc, i));
        }
        jsonw_end_array(w);
    } else if (json_is_boolean(doc)) {
        jsonw_bool(w, json_is_true(doc));
    } else if (json_is_integer(doc)) {
        jsonw_int(w, json_integer_value(doc));
    } else if (json_is_real(doc)) {
        jsonw_double(w, json_real_value(doc));
    } else {
        jsonw_doc(w, doc);
    }
}

/* The same document through the writer, in an object of its own beside its dump. */
static void must_write_back(struct arena *a, const json_t *doc, const char *dumped)
{
    struct buf b;
    struct json_writer w;
    json_t *back = NULL;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    jsonw_key(&w, "written");
    write_value(&w, doc);
    jsonw_kv_raw(&w, "dumped", str_of(dumped));
    jsonw_end_object(&w);
    BUG_ON(doc_parse(a, buf_str(&b), JSON_DEPTH_MAX, &back, NULL) != ERR_OK);
    const json_t *written = json_object_get(back, "written");
    /* a real that is whole is written without its point, so only the text of numbers may differ */
    const char *again = doc_dump(a, json_object_get(back, "dumped"), true);
    BUG_ON(!text_eq(again, doc_dump(a, doc, true)));
    BUG_ON(json_typeof(written) != json_typeof(doc) && !json_is_number(doc));
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    json_t *doc = NULL;
    json_t *back = NULL;
    struct error err = ERROR_INIT;
    struct str text = {arena_strndup(a, (const char *)data, size), size};
    if (doc_parse(a, text, WRITER_DEPTH_MAX, &doc, &err) != ERR_OK) {
        BUG_ON(!err.message);
        error_release(&err);
        return 0;
    }
    const char *dumped = doc_dump(a, doc, false);
    BUG_ON(doc_parse(a, str_of(dumped), WRITER_DEPTH_MAX, &back, NULL) != ERR_OK);
    BUG_ON(!json_equal(doc, back));
    must_read_as_it_is(a, doc);
    must_write_back(a, doc, dumped);
    return 0;
}
