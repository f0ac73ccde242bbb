/*
 * The parameters of a list, as lines "name=value". What parses must page within its limits, and
 * the cursor of any row of it must continue the same list behind that row.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/utf8.h"
#include "query/list_grammar.h"

#define CURSOR_LENGTH 16384 /* longer ones are refused */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct column columns[] = {
    {.name = "id", .type = {.kind = TYPE_INT64}},
    {.name = "name", .type = {.kind = TYPE_TEXT}, .is_nullable = true},
    {.name = "on", .type = {.kind = TYPE_BOOLEAN}},
    {.name = "f", .type = {.kind = TYPE_FLOAT64}},
    {.name = "x", .type = {.kind = TYPE_BYTES}},
    {.name = "tenant_id", .type = {.kind = TYPE_INT64}},
    {.name = "created_at", .type = {.kind = TYPE_INSTANT}},
};
static const char *keys[] = {"id"};
static const struct table with_time = {
    .name = "t", .columns = columns, .n_columns = 7, .primary_key = keys, .n_primary_key = 1};
static const struct table without_key = {.name = "v", .columns = columns, .n_columns = 5};
static const struct column *const readable[] = {&columns[0], &columns[1]};
static const struct list_policy narrow = {readable, 2, 10, 5};

static struct {
    const char *name;
    size_t at;
} names[] = {
    {"page", offsetof(struct list_params, page)},
    {"limit", offsetof(struct list_params, limit)},
    {"sort", offsetof(struct list_params, sort)},
    {"order", offsetof(struct list_params, order)},
    {"filters", offsetof(struct list_params, filters)},
    {"search", offsetof(struct list_params, search)},
    {"cursor", offsetof(struct list_params, cursor)},
    {"count", offsetof(struct list_params, count)},
    {"fields", offsetof(struct list_params, fields)},
};

static void read_lines(struct str rest, struct list_params *p)
{
    while (rest.n > 0) {
        size_t end = str_find(rest, '\n');
        struct str line = {rest.p, end};
        size_t equals = str_find(line, '=');
        for (size_t i = 0; i < ARRAY_LEN(names) && equals < line.n; i++) {
            if (str_eq((struct str){line.p, equals}, str_of(names[i].name))) {
                struct str value = str_sub(line, equals + 1);
                memcpy((char *)p + names[i].at, &value, sizeof value);
            }
        }
        rest = str_sub(rest, end < rest.n ? end + 1 : rest.n);
    }
}

static struct value value_of(const struct column *c, struct str text)
{
    switch (c->type.kind) {
    case TYPE_BOOLEAN:
        return value_bool(text.n % 2);
    case TYPE_FLOAT64:
        return value_float((double)text.n / 3);
    case TYPE_BYTES:
        return value_bytes(text);
    case TYPE_TEXT:
    case TYPE_INSTANT:
        return utf8_valid(text) ? value_str(text) : value_null();
    default:
        return value_int((int64_t)text.n);
    }
}

static void must_continue(struct arena *a, struct list_params p, const struct table *t,
                          const struct list_policy *policy, const struct list_query *q,
                          struct str text)
{
    struct value *row = ARENA_ARRAY(a, q->query.n_columns, struct value);
    struct list_query next;
    for (size_t i = 0; i < q->query.n_columns; i++) {
        row[i] = value_of(q->query.columns[i], text);
    }
    p.page = (struct str){0};
    const char *cursor = list_cursor(a, q, row);
    BUG_ON((cursor == NULL) != (q->query.n_order == 0));
    p.cursor = str_of(cursor);
    if (!cursor || strlen(cursor) > CURSOR_LENGTH) {
        return;
    }
    enum errcode code = list_parse(a, &p, t, policy, &next, NULL);
    BUG_ON(code != ERR_OK || !next.by_cursor || next.seal != q->seal);
    for (size_t i = 0; i < q->query.n_order; i++) {
        for (size_t k = 0; k < q->query.n_columns; k++) {
            BUG_ON(q->query.columns[k] == q->query.order[i].column &&
                   !value_equal(next.query.after[i], row[k]));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct arena *a AUTO(arena_freep) = arena_new();
    struct list_params p = {0};
    struct list_query q;
    struct error err = ERROR_INIT;
    const struct table *t = data[0] % 2 ? &with_time : &without_key;
    const struct list_policy *policy = data[0] % 4 > 1 ? &narrow : NULL;
    struct str text = {arena_strndup(a, (const char *)data + 1, size - 1), size - 1};
    read_lines(text, &p);
    enum errcode code = list_parse(a, &p, t, policy, &q, &err);
    if (code == ERR_OK) {
        BUG_ON(q.limit < 1 || q.limit > (policy ? policy->limit_max : LIST_LIMIT_MAX));
        BUG_ON(q.n_shown > q.query.n_columns || q.query.offset < 0);
        must_continue(a, p, t, policy, &q, text);
    } else {
        BUG_ON(!err.where || strncmp(err.where, "/query/", 7) != 0);
    }
    error_release(&err);
    return 0;
}
