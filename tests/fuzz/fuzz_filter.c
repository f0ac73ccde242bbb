/*
 * Both forms of a filter, object and tree: what is read stays within its limits and has values
 * where its operators want them.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "query/filter_json.h"
#include "query/value_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct column columns[] = {
    {.name = "id", .type = {.kind = TYPE_INT64}},
    {.name = "n", .type = {.kind = TYPE_TEXT}, .is_nullable = true},
    {.name = "b", .type = {.kind = TYPE_BOOLEAN}},
    {.name = "d", .type = {.kind = TYPE_DECIMAL, .precision = 10, .scale = 2}},
    {.name = "f", .type = {.kind = TYPE_FLOAT64}},
    {.name = "t", .type = {.kind = TYPE_INSTANT}},
    {.name = "y", .type = {.kind = TYPE_DATE}},
    {.name = "u", .type = {.kind = TYPE_UUID}},
    {.name = "x", .type = {.kind = TYPE_BYTES}},
    {.name = "hidden", .type = {.kind = TYPE_TEXT}},
};
static const struct table table = {.name = "t", .columns = columns, .n_columns = 10};
static const struct column *const readable[] = {
    &columns[0], &columns[1], &columns[2], &columns[3], &columns[4],
    &columns[5], &columns[6], &columns[7], &columns[8],
};

static size_t values_wanted(const struct filter *f)
{
    switch (f->op) {
    case FILTER_IS_NULL:
    case FILTER_IS_NOT_NULL:
        return 0;
    case FILTER_BETWEEN:
        return 2;
    case FILTER_IN:
        return f->n_values;
    default:
        return 1;
    }
}

static void must_be_whole(const struct filter *f, int depth)
{
    BUG_ON(depth > 2 * FILTER_DEPTH_MAX);
    if (f->op == FILTER_AND || f->op == FILTER_OR || f->op == FILTER_NOT) {
        BUG_ON(f->n_args == 0);
        for (size_t i = 0; i < f->n_args; i++) {
            BUG_ON(f->op == FILTER_AND && f->args[i]->op == FILTER_AND);
            must_be_whole(f->args[i], depth + 1);
        }
        return;
    }
    if (f->op == FILTER_FALSE) {
        return;
    }
    BUG_ON(f->column == &columns[9] || f->n_values != values_wanted(f));
    for (size_t i = 0; i < f->n_values; i++) {
        BUG_ON(f->values[i].kind == VALUE_NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct error err = ERROR_INIT;
    const struct column_set may = {.table = &table, .items = readable, .n = ARRAY_LEN(readable)};
    const struct filter *f = NULL;
    struct value v = value_null();
    struct str text = {arena_strndup(a, (const char *)data, size), size};
    enum errcode code = filter_from_text(a, text, &may, &f, &err);
    BUG_ON(code != ERR_OK && code != ERR_INVALID_PARAMETER && code != ERR_TOO_DEEP);
    BUG_ON(code != ERR_OK && !err.message);
    error_release(&err);
    if (code == ERR_OK && f) {
        must_be_whole(f, 1);
    }
    code = value_from_text(a, text, &columns[size % ARRAY_LEN(columns)], &v, NULL);
    BUG_ON(code != ERR_OK && code != ERR_INVALID_VALUE);
    return 0;
}
