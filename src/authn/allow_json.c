#include <jansson.h>

#include "authn/state.h"
#include "base/json.h"

#define LIST_DEPTH 2

char *allow_write(struct arena *a, const char *const *list, size_t n)
{
    struct buf text;
    struct json_writer w;
    buf_init(&text, BUF_MAX_DEFAULT);
    jsonw_init(&w, &text);
    jsonw_begin_array(&w);
    for (size_t i = 0; i < n; i++) {
        jsonw_text(&w, list[i]);
    }
    jsonw_end_array(&w);
    char *out = arena_str(a, buf_str(&text));
    buf_release(&text);
    return out;
}

bool allow_read(struct arena *a, const char *json, const char *const **out, size_t *n)
{
    json_t *doc;
    if (doc_parse(a, str_of(json), LIST_DEPTH, &doc, NULL) != ERR_OK || !json_is_array(doc)) {
        return false;
    }
    size_t count = json_array_size(doc);
    const char **list = ARENA_ARRAY(a, count, const char *);
    for (size_t i = 0; i < count; i++) {
        list[i] = json_string_value(json_array_get(doc, i));
        if (!list[i]) {
            return false;
        }
    }
    *out = list;
    *n = count;
    return true;
}
