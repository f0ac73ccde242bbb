#include "data/cell_json.h"

#include "base/json.h"
#include "query/value_json.h"

enum errcode cell_from_json_text(struct arena *a, struct str text, const struct column *c,
                                 struct value *out)
{
    json_t *doc = NULL;
    TRY(doc_parse(a, text, JSON_DEPTH_MAX, &doc, NULL));
    return value_from_json(a, doc, c, out, NULL);
}
