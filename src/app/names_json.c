#include "app/names_json.h"

#include "base/json.h"

#define NAMES_DEPTH 2

bool names_parse(struct arena *a, const char *json, const char ***out, size_t *n)
{
    json_t *doc = NULL;
    if (doc_parse(a, str_of(json), NAMES_DEPTH, &doc, NULL) != ERR_OK || !json_is_array(doc)) {
        return false;
    }
    const char **names = ARENA_ARRAY(a, json_array_size(doc), const char *);
    for (size_t i = 0; i < json_array_size(doc); i++) {
        names[i] = json_string_value(json_array_get(doc, i));
        if (!names[i]) {
            return false;
        }
    }
    *out = names;
    *n = json_array_size(doc);
    return true;
}
