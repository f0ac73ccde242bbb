#include "api/editor/editor.h"
#include "base/attr.h"
#include "catalog/table_json.h"

static void encode_can(struct json_writer *w, const struct app_can *can)
{
    jsonw_key(w, "can");
    jsonw_begin_object(w);
    jsonw_kv_bool(w, "read", can->read);
    jsonw_kv_bool(w, "create", can->create);
    jsonw_kv_bool(w, "update", can->update);
    jsonw_kv_bool(w, "delete", can->delete);
    jsonw_kv_bool(w, "alter", can->alter);
    jsonw_end_object(w);
}

/* Its place among the columns that the server does not keep, from 1. */
static int64_t order_of(const struct app_table *t, const struct column *column)
{
    int64_t order = 1;
    for (size_t i = 0; i < t->table->n_columns && t->columns[i] != column; i++) {
        order += !app_table_keeps(t, t->columns[i]);
    }
    return order;
}

void column_members(struct json_writer *w, const struct app_table *t, const struct column *column)
{
    struct buf b;
    struct json_writer inner;
    struct app_can can = app_table_column_can(t, column);
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&inner, &b);
    column_encode(&inner, t->table, column);
    BUG_ON(buf_failed(&b) || b.n < 2);
    encode_can(w, &can);
    if (!app_table_keeps(t, column)) {
        jsonw_kv_int(w, "order", order_of(t, column));
    }
    /* the codec writes an object; its members go into this one */
    buf_addc(w->out, ',');
    buf_add(w->out, b.p + 1, b.n - 2);
    buf_release(&b);
}

static void encode_columns(struct json_writer *w, const struct app_table *t)
{
    jsonw_key(w, "columns");
    jsonw_begin_array(w);
    for (size_t i = 0; i < t->table->n_columns; i++) {
        jsonw_begin_object(w);
        column_members(w, t, t->columns[i]);
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
}

static void encode_parts(struct json_writer *w, const struct table *t)
{
    jsonw_key(w, "primaryKey");
    jsonw_begin_array(w);
    for (size_t i = 0; i < t->n_primary_key; i++) {
        jsonw_text(w, t->primary_key[i]);
    }
    jsonw_end_array(w);
    jsonw_key(w, "indexes");
    jsonw_begin_array(w);
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (!t->indexes[i].is_constraint) {
            index_encode(w, &t->indexes[i]);
        }
    }
    jsonw_end_array(w);
    jsonw_key(w, "foreignKeys");
    jsonw_begin_array(w);
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        foreign_key_encode(w, &t->foreign_keys[i]);
    }
    jsonw_end_array(w);
    jsonw_key(w, "checks");
    jsonw_begin_array(w);
    for (size_t i = 0; i < t->n_checks; i++) {
        check_encode(w, &t->checks[i]);
    }
    jsonw_end_array(w);
}

static const char *kind_name(const struct table *t)
{
    static const char *const names[] = {
        [TABLE_NONE] = "table",
        [TABLE_BASE] = "table",
        [TABLE_VIEW] = "view",
        [TABLE_VIRTUAL] = "virtual",
    };
    return names[t->kind];
}

static void encode_registry(struct json_writer *w, const struct registry_table *r)
{
    jsonw_kv_text(w, "id", r->id);
    jsonw_kv_text(w, "apiPath", r->api_prefix);
    jsonw_kv_text(w, "apiPrefix", r->api_prefix);
    jsonw_kv_bool(w, "apiEnabled", r->api_enabled);
    jsonw_kv_raw(w, "permissions", str_of(r->permissions));
    jsonw_kv_raw(w, "relationships", str_of(r->relationships));
    jsonw_kv_instant(w, "createdAt", r->created_at);
    jsonw_kv_instant(w, "updatedAt", r->updated_at);
    jsonw_kv_int(w, "createdBy", r->created_by);
    jsonw_key(w, "updatedBy");
    if (r->updated_by) {
        jsonw_int(w, r->updated_by);
    } else {
        jsonw_null(w);
    }
}

void table_members(struct json_writer *w, const struct app_table *t)
{
    const struct table *table = t->table;
    const struct registry_table *row = t->view->registry;
    jsonw_kv_text(w, "tableName", table->name);
    jsonw_kv_text(w, "displayName", row ? row->display_name : table->name);
    jsonw_kv_text(w, "description", table->description);
    jsonw_kv_text(w, "icon", table->icon);
    jsonw_kv_text(w, "color", table->color);
    jsonw_kv_text(w, "kind", kind_name(table));
    jsonw_kv_bool(w, "managed", t->is_managed);
    if (row) {
        encode_registry(w, row);
    }
    jsonw_key(w, "rowEstimate");
    if (t->row_estimate < 0) {
        jsonw_null(w);
    } else {
        jsonw_int(w, t->row_estimate);
    }
    jsonw_key(w, "rowKey");
    jsonw_begin_array(w);
    for (size_t i = 0; i < t->n_row_key; i++) {
        jsonw_text(w, t->row_key[i]->name);
    }
    jsonw_end_array(w);
    encode_columns(w, t);
    encode_parts(w, table);
    encode_can(w, &t->can);
}
