#include "store/present.h"

#include "store/config_json.h"

void present_column(struct arena *a, const struct column *from, struct column *to)
{
    struct column copy = column_copy(a, from);
    to->display_name = copy.display_name;
    to->rules = copy.rules;
    to->options = copy.options;
    to->related_table = copy.related_table;
    to->relation_type = copy.relation_type;
    to->on_delete_text = copy.on_delete_text;
    to->on_update_text = copy.on_update_text;
    if (copy.comment) {
        to->comment = copy.comment;
    }
}

static void present_columns(struct arena *a, const struct column *known, size_t n, struct table *t)
{
    struct table all = {.columns = (struct column *)known, .n_columns = n};
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = table_find_column(&all, str_of(t->columns[i].name));
        if (c) {
            present_column(a, c, &t->columns[i]);
        }
    }
}

enum errcode present_table(struct arena *a, const struct registry_table *row, struct table *t,
                           struct error *err)
{
    struct column *columns = NULL;
    size_t n = 0;
    TRY(config_decode(a, row->schema_config, &columns, &n, err));
    t->display_name = arena_strdup(a, row->display_name);
    t->description = arena_strdup(a, row->description);
    t->icon = arena_strdup(a, row->icon);
    t->color = arena_strdup(a, row->color);
    t->permissions = arena_strdup(a, row->permissions);
    bool is_derived = text_eq(row->api_prefix, store_api_prefix(a, row->table_name));
    t->api_prefix = is_derived ? NULL : arena_strdup(a, row->api_prefix);
    t->is_api_off = !row->api_enabled;
    present_columns(a, columns, n, t);
    return ERR_OK;
}

enum errcode present_order(struct arena *a, const struct registry_table *row, const char ***out,
                           size_t *n, struct error *err)
{
    struct column *columns = NULL;
    TRY(config_decode(a, row->schema_config, &columns, n, err));
    const char **names = ARENA_ARRAY(a, *n, const char *);
    for (size_t i = 0; i < *n; i++) {
        names[i] = columns[i].name;
    }
    *out = names;
    return ERR_OK;
}
