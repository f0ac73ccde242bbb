#include "query/value_json.h"

#include "base/json.h"
#include "catalog/literal_json.h"

enum errcode value_from_json(struct arena *a, const json_t *doc, const struct column *c,
                             struct value *out, struct error *err)
{
    if (literal_decode(a, doc, &c->type, out, NULL) == ERR_OK) {
        return ERR_OK;
    }
    return ERROR(err, ERR_INVALID_VALUE, "the value of \"%s\" does not fit type %s", c->name,
                 type_logical_text(a, &c->type));
}

enum errcode value_from_text(struct arena *a, struct str text, const struct column *c,
                             struct value *out, struct error *err)
{
    json_t *doc = json_stringn(text.p ? text.p : "", text.n);
    if (!doc) {
        return ERROR(err, ERR_INVALID_VALUE, "the value of \"%s\" is not valid UTF-8", c->name);
    }
    return value_from_json(a, doc_tie(a, doc), c, out, err);
}
