#include "store/config_json.h"

#include "base/json.h"
#include "catalog/table_json.h"

static const char *take_text(struct arena *a, struct buf *b)
{
    BUG_ON(buf_failed(b));
    const char *text = arena_str(a, buf_str(b));
    buf_release(b);
    return text;
}

static void encode_columns(struct json_writer *w, const struct table *t, const char *const *names,
                           size_t n_names, bool *is_written)
{
    for (size_t i = 0; i < n_names; i++) {
        size_t at = table_column_position(t, str_of(names[i]));
        if (at < t->n_columns && !is_written[at]) {
            is_written[at] = true;
            column_encode(w, t, &t->columns[at]);
        }
    }
}

const char *config_encode(struct arena *a, const struct table *t, const char *const *names,
                          size_t n_names)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct json_writer w;
    jsonw_init(&w, &b);
    bool *is_written = ARENA_ARRAY(a, t->n_columns, bool);
    jsonw_begin_object(&w);
    jsonw_key(&w, "columns");
    jsonw_begin_array(&w);
    encode_columns(&w, t, names, n_names, is_written);
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!is_written[i]) {
            column_encode(&w, t, &t->columns[i]);
        }
    }
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    return take_text(a, &b);
}

enum errcode config_decode(struct arena *a, const char *text, struct column **out, size_t *n,
                           struct error *err)
{
    json_t *doc = NULL;
    const json_t *list = NULL;
    TRY(doc_parse(a, str_of(text), JSON_DEPTH_MAX, &doc, err));
    TRY(doc_opt_array(doc, "columns", &list, err));
    struct column *columns = ARENA_ARRAY(a, json_array_size(list), struct column);
    size_t n_columns = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct error ignored = ERROR_INIT;
        if (column_decode(a, json_array_get(list, i), &columns[n_columns], &ignored) == ERR_OK) {
            n_columns++;
        }
        error_release(&ignored);
    }
    *out = columns;
    *n = n_columns;
    return ERR_OK;
}

static size_t find_named(const json_t *list, const char *name)
{
    size_t i = 0;
    while (i < json_array_size(list)) {
        const char *other = json_string_value(json_object_get(json_array_get(list, i), "name"));
        if (other && str_eq_nocase(str_of(other), str_of(name))) {
            return i;
        }
        i++;
    }
    return i;
}

enum errcode config_reorder(struct arena *a, const char *text, const char *const *names, size_t n,
                            const char **out, struct error *err)
{
    json_t *doc = NULL;
    const json_t *list = NULL;
    TRY(doc_parse(a, str_of(text), JSON_DEPTH_MAX, &doc, err));
    TRY(doc_array(doc, "columns", &list, err));
    size_t n_columns = json_array_size(list);
    bool *is_placed = ARENA_ARRAY(a, n_columns, bool);
    json_t *ordered = json_array();
    json_t *all = doc_tie(a, json_pack("{s:o}", "columns", ordered));
    for (size_t i = 0; i < n; i++) {
        size_t at = find_named(list, names[i]);
        if (at == n_columns || is_placed[at]) {
            ERROR(err, ERR_INVALID, at == n_columns ? "no column \"%s\"" : "\"%s\" comes twice",
                  names[i]);
            return error_where(err, "/columns/%zu", i);
        }
        is_placed[at] = true;
        json_array_append(ordered, json_array_get(list, at));
    }
    for (size_t i = 0; i < n_columns; i++) {
        if (!is_placed[i]) {
            json_array_append(ordered, json_array_get(list, i));
        }
    }
    *out = doc_dump(a, all, false);
    return ERR_OK;
}

struct relations {
    struct json_writer *w;
    const struct table *table;
};

static void encode_relation(struct json_writer *w, const char *type, const struct table *target,
                            const char *target_name, const struct foreign_key *fk)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "type", type);
    jsonw_kv_text(w, "targetTable", target_name);
    jsonw_kv_text(w, "foreignKey", fk->columns[0]);
    jsonw_kv_text(w, "displayName",
                  target && target->display_name ? target->display_name : target_name);
    jsonw_kv_text(w, "onDelete", fk_action_text(fk->on_delete));
    jsonw_kv_text(w, "onUpdate", fk_action_text(fk->on_update));
    jsonw_end_object(w);
}

static void encode_referrer(struct table *from, struct foreign_key *fk, void *arg)
{
    const struct relations *r = arg;
    if (fk->n_columns == 1) {
        encode_relation(r->w, "hasMany", from, from->name, fk);
    }
}

const char *relationships_encode(struct arena *a, const struct catalog *c, const struct table *t)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct json_writer w;
    jsonw_init(&w, &b);
    jsonw_begin_array(&w);
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        const struct foreign_key *fk = &t->foreign_keys[i];
        const struct table *target = catalog_find_table(c, str_of(fk->referenced_table));
        if (fk->n_columns == 1) {
            encode_relation(&w, "belongsTo", target, fk->referenced_table, fk);
        }
    }
    struct relations r = {&w, t};
    catalog_each_referrer(c, t->name, encode_referrer, &r);
    jsonw_end_array(&w);
    return take_text(a, &b);
}
