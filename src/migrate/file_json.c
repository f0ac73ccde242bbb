#include "migrate/file_json.h"

#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "change/change_json.h"

#define NUMBER_DIGITS 6

int migration_number(const char *name)
{
    int number = 0, run = 0, n_digits = 0;
    for (const char *p = name;; p++) {
        if (*p >= '0' && *p <= '9' && n_digits < NUMBER_DIGITS + 1) {
            run = run * 10 + (*p - '0');
            n_digits++;
            continue;
        }
        if (n_digits == NUMBER_DIGITS) {
            number = run;
        }
        run = n_digits = 0;
        if (*p == '\0') {
            return number;
        }
    }
}

static enum errcode read_names(struct arena *a, const json_t *op, const char *key, bool is_required,
                               struct row_op *out, struct error *err)
{
    const json_t *list = NULL;
    TRY(doc_opt_array(op, key, &list, err));
    if (is_required && json_array_size(list) == 0) {
        ERROR(err, ERR_INVALID, "\"%s\" must name columns", key);
        return error_where(err, "/%s", key);
    }
    out->n_columns = json_array_size(list);
    out->columns = ARENA_ARRAY(a, out->n_columns, const char *);
    for (size_t i = 0; i < out->n_columns; i++) {
        out->columns[i] = json_string_value(json_array_get(list, i));
        if (!out->columns[i]) {
            ERROR(err, ERR_INVALID, "a column name is a text");
            return error_where(err, "/%s/%zu", key, i);
        }
    }
    return ERR_OK;
}

static enum errcode read_insert(struct arena *a, const json_t *op, struct row_op *out,
                                struct error *err)
{
    static const char *const keys[] = {"op", "table", "key", "rows", NULL};
    TRY(doc_only(op, keys, err));
    TRY(read_names(a, op, "key", true, out, err));
    return doc_array(op, "rows", &out->rows, err);
}

static enum errcode read_delete(struct arena *a, const json_t *op, struct row_op *out,
                                struct error *err)
{
    static const char *const keys[] = {"op", "table", "where", NULL};
    (void)a;
    TRY(doc_only(op, keys, err));
    TRY(doc_object(op, "where", &out->where, err));
    if (json_object_size(out->where) == 0) {
        return ERROR(err, ERR_INVALID, "\"where\" must not be empty");
    }
    return ERR_OK;
}

static enum errcode read_unique_check(struct arena *a, const json_t *op, struct row_op *out,
                                      struct error *err)
{
    static const char *const keys[] = {"op", "table", "columns", "message", NULL};
    TRY(doc_only(op, keys, err));
    TRY(read_names(a, op, "columns", true, out, err));
    return doc_text(op, "message", &out->message, err);
}

static const struct {
    const char *wire;
    enum row_op_kind kind;
    enum errcode (*read)(struct arena *a, const json_t *op, struct row_op *out, struct error *err);
} row_ops[] = {
    {"INSERT_ROWS", ROW_OP_INSERT, read_insert},
    {"DELETE_ROWS", ROW_OP_DELETE, read_delete},
    {"UNIQUE_CHECK", ROW_OP_UNIQUE_CHECK, read_unique_check},
};

/* False when @op is not on rows. */
static bool find_row_op(const json_t *op, size_t *out)
{
    const char *wire = json_string_value(json_object_get(op, "op"));
    for (size_t i = 0; wire && i < ARRAY_LEN(row_ops); i++) {
        if (strcmp(wire, row_ops[i].wire) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static enum errcode read_half(struct arena *a, const json_t *list, struct file_half *out,
                              struct error *err)
{
    json_t *changes = doc_tie(a, json_array());
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *op = json_array_get(list, i);
        size_t kind = 0;
        if (!find_row_op(op, &kind)) {
            json_array_append(changes, op);
            continue;
        }
        struct row_op row = {.kind = row_ops[kind].kind, .at = json_array_size(changes)};
        TRY(doc_text(op, "table", &row.table, err));
        TRY(row_ops[kind].read(a, op, &row, err));
        ARENA_PUSH(a, out->rows, out->n_rows, row);
    }
    return change_list_decode(a, changes, &out->changes, err);
}

static enum errcode read_doc(struct arena *a, const struct migration_file *f, struct file_doc *out,
                             struct error *err)
{
    static const char *const keys[] = {"name", "description", "up", "down", NULL};
    json_t *doc = NULL;
    TRY(doc_parse(a, (struct str){f->text, f->n_text}, JSON_DEPTH_MAX, &doc, err));
    TRY(doc_only(doc, keys, err));
    TRY(doc_text(doc, "name", &out->title, err));
    TRY(doc_text(doc, "description", &out->description, err));
    const json_t *up = NULL;
    TRY(doc_array(doc, "up", &up, err));
    TRY(read_half(a, up, &out->up, err));
    const json_t *down = json_object_get(doc, "down");
    out->is_down_auto = json_is_string(down) && strcmp(json_string_value(down), "auto") == 0;
    if (!out->is_down_auto) {
        TRY(doc_array(doc, "down", &down, err));
        TRY(read_half(a, down, &out->down, err));
    }
    out->number = migration_number(f->name);
    out->hash = sha256_hex(a, str_of(doc_dump(a, doc, true)));
    return ERR_OK;
}

enum errcode migration_decode(struct arena *a, const struct migration_file *f, struct file_doc *out,
                              struct error *err)
{
    struct file_doc doc = {0};
    struct error why = ERROR_INIT;
    if (read_doc(a, f, &doc, &why) != ERR_OK) {
        enum errcode code = why.code;
        ERROR(err, code, "migration \"%s\": %s%s%s", f->name, why.message, why.where ? " at " : "",
              why.where ? why.where : "");
        error_release(&why);
        return code;
    }
    *out = doc;
    return ERR_OK;
}

const char *change_list_text(struct arena *a, const struct change_list *list)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct json_writer w;
    jsonw_init(&w, &b);
    change_list_encode(&w, list);
    BUG_ON(buf_failed(&b));
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

enum errcode change_list_parse(struct arena *a, const char *text, struct change_list *out,
                               struct error *err)
{
    json_t *doc = NULL;
    TRY(doc_parse(a, str_of(text), JSON_DEPTH_MAX, &doc, err));
    return change_list_decode_stored(a, doc, out, err);
}

enum errcode row_value(struct arena *a, const json_t *doc, const struct column *column,
                       struct value *out, const json_t **lookup, struct error *err)
{
    *lookup = NULL;
    switch (json_typeof(doc)) {
    case JSON_NULL:
        *out = value_null();
        return ERR_OK;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = value_bool(json_is_true(doc));
        return ERR_OK;
    case JSON_INTEGER:
        *out = value_int(json_integer_value(doc));
        return ERR_OK;
    case JSON_STRING:
        *out = value_text(json_string_value(doc));
        return ERR_OK;
    default:
        break;
    }
    const json_t *look = json_is_object(doc) ? json_object_get(doc, "lookup") : NULL;
    if (look) {
        *lookup = look;
        return ERR_OK;
    }
    if (column->type.kind == TYPE_JSON) {
        *out = value_text(doc_dump(a, doc, false));
        return ERR_OK;
    }
    return ERROR(err, ERR_INVALID, "column \"%s\" cannot take such a value", column->name);
}
