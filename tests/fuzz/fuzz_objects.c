/*
 * NDJSON and JSON arrays: the first byte chooses the form and how the bytes are cut into pieces.
 * The items must not depend on the pieces, and a text that is a JSON array gives its own items.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "data/objects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ITEM_BYTES 256

struct taken {
    struct arena *arena;
    struct buf text;
    const json_t *array; /* the items must be these, NULL = unknown */
    size_t n;
};

static enum errcode take(void *arg, struct str text, struct error *err)
{
    struct taken *t = arg;
    json_t *item = NULL;
    (void)err;
    buf_printf(&t->text, "%zu:", text.n);
    buf_add_str(&t->text, text);
    if (t->array) {
        BUG_ON(doc_parse(t->arena, text, JSON_DEPTH_MAX, &item, NULL) != ERR_OK);
        BUG_ON(!json_equal(item, json_array_get(t->array, t->n)));
    }
    t->n++;
    return ERR_OK;
}

static enum errcode read_all(struct taken *t, bool by_lines, struct str text, size_t piece)
{
    struct object_reader r;
    enum errcode code = ERR_OK;
    object_reader_init(&r, by_lines, ITEM_BYTES, take, t);
    while (code == ERR_OK && text.n > 0) {
        size_t n = text.n < piece ? text.n : piece;
        code = object_push(&r, (struct str){text.p, n}, NULL);
        text = str_sub(text, n);
    }
    if (code == ERR_OK) {
        code = object_end(&r, NULL);
    }
    object_reader_release(&r);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct arena *a AUTO(arena_freep) = arena_new();
    bool by_lines = data[0] % 2;
    struct str text = {arena_strndup(a, (const char *)data + 1, size - 1), size - 1};
    struct taken whole = {.arena = a};
    struct taken cut = {.arena = a};
    json_t *doc = NULL;
    if (!by_lines && doc_parse(a, text, JSON_DEPTH_MAX, &doc, NULL) == ERR_OK &&
        json_is_array(doc)) {
        whole.array = doc;
    }
    buf_init(&whole.text, BUF_MAX_DEFAULT);
    buf_init(&cut.text, BUF_MAX_DEFAULT);
    enum errcode code = read_all(&whole, by_lines, text, text.n + 1);
    BUG_ON(read_all(&cut, by_lines, text, 1 + data[0] / 2) != code);
    BUG_ON(!str_eq(buf_str(&whole.text), buf_str(&cut.text)));
    BUG_ON(whole.array && code == ERR_OK && whole.n != json_array_size(whole.array));
    BUG_ON(whole.array && code != ERR_OK && code != ERR_TOO_LARGE);
    buf_release(&whole.text);
    buf_release(&cut.text);
    return 0;
}
