#include "engine/null_json.h"

#include "base/json.h"
#include "change/change_json.h"

const char *null_step_text(struct arena *a, const struct change *c)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    change_encode(&w, c);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

enum errcode null_step_parse(struct arena *a, struct str text, struct change_list *out,
                             struct error *err)
{
    json_t *doc = NULL;
    TRY(doc_parse(a, text, JSON_DEPTH_MAX, &doc, err));
    json_t *list = doc_tie(a, json_array());
    BUG_ON(json_array_append(list, doc) != 0);
    return change_list_decode_stored(a, list, out, err);
}
