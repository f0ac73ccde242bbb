#include "base/attr.h"
#include "catalog/table_json.h"
#include "engine/mongodb/model.h"

#define MARK "telaio:"

/* What the registry keeps, and what is learned anew, stays out. */
static struct table bare(struct arena *a, const struct table *t)
{
    struct table own = *t;
    own.columns = ARENA_ARRAY(a, t->n_columns, struct column);
    for (size_t i = 0; i < t->n_columns; i++) {
        struct column *c = &own.columns[i];
        *c = t->columns[i];
        if (c->type.kind != TYPE_NATIVE) {
            c->type.native = NULL;
        }
        c->display_name = NULL;
        c->options = NULL;
        c->is_unique = false; /* its index says it */
        c->related_table = NULL;
        c->relation_type = NULL;
        c->rules = (struct column_rules){0}; /* their CHECK says them */
    }
    own.indexes = ARENA_ARRAY(a, t->n_indexes, struct index);
    own.n_indexes = 0;
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (!t->indexes[i].native) { /* what was made elsewhere the server tells */
            own.indexes[own.n_indexes++] = t->indexes[i];
        }
    }
    own.display_name = own.description = own.icon = own.color = NULL;
    own.permissions = own.api_prefix = own.native = NULL;
    own.is_api_off = false;
    own.row_estimate = -1;
    return own;
}

const char *model_text(struct arena *a, const struct table *t)
{
    struct buf b;
    struct json_writer w;
    struct table own = bare(a, t);
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_adds(&b, MARK);
    jsonw_init(&w, &b);
    table_encode(&w, &own);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

bool model_parse(struct arena *a, const char *description, struct table *out)
{
    json_t *doc = NULL;
    if (strncmp(description, MARK, strlen(MARK)) != 0) {
        return false;
    }
    struct table t = {0};
    struct str text = str_of(description + strlen(MARK));
    if (doc_parse(a, text, JSON_DEPTH_MAX, &doc, NULL) != ERR_OK ||
        table_decode(a, doc, &t, NULL) != ERR_OK) {
        return false;
    }
    *out = t;
    return true;
}
