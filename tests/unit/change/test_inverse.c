/* Property: what is applied and then undone leaves the first structure, for random catalogs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "catalog/table_json.h"
#include "change/change_json.h"

#define ROUNDS 400

/* A generator of its own, so that a seed tells the whole run. */
static uint32_t next(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % n;
}

struct random {
    struct arena *arena;
    uint32_t seed;
    const struct catalog *now;
};

static const char *pick_name(struct random *r, const char *kind)
{
    return arena_printf(r->arena, "%s%u", kind, next(&r->seed, 6));
}

static struct column make_column(struct random *r)
{
    static const enum type_kind kinds[] = {TYPE_TEXT, TYPE_INT64, TYPE_FLOAT64, TYPE_BOOLEAN,
                                           TYPE_UUID, TYPE_JSON,  TYPE_DATE,    TYPE_INSTANT};
    struct column c = {
        .name = pick_name(r, "c"),
        .type = {.kind = kinds[next(&r->seed, ARRAY_LEN(kinds))]},
        .is_nullable = next(&r->seed, 3) > 0,
    };
    if (c.type.kind == TYPE_INT64 && next(&r->seed, 2)) {
        c.default_value = expr_literal(r->arena, value_int(next(&r->seed, 100)));
        c.rules.has_max = true;
        c.rules.max = 100;
    }
    if (c.type.kind == TYPE_TEXT && next(&r->seed, 2)) {
        c.default_value = expr_raw(r->arena, "'c1' || lower('X')");
    }
    return c;
}

static struct index make_index(struct random *r)
{
    struct index index = {.is_unique = next(&r->seed, 2), .n_keys = 1 + next(&r->seed, 2)};
    index.keys = ARENA_ARRAY(r->arena, index.n_keys, struct index_key);
    for (size_t i = 0; i < index.n_keys; i++) {
        index.keys[i].column = pick_name(r, "c");
        index.keys[i].is_descending = next(&r->seed, 4) == 0;
    }
    if (next(&r->seed, 4) == 0) {
        const struct expr *column = expr_column(r->arena, pick_name(r, "c"));
        index.where = expr_make(r->arena, EXPR_IS_NULL, NULL, &column, 1);
    }
    return index;
}

static struct table *make_table(struct random *r)
{
    struct table *t = ARENA_NEW(r->arena, struct table);
    t->name = pick_name(r, "t");
    t->kind = TABLE_BASE;
    t->row_estimate = -1;
    size_t n = 1 + next(&r->seed, 4);
    for (size_t i = 0; i < n; i++) {
        struct column c = make_column(r);
        if (!table_find_column(t, str_of(c.name))) {
            ARENA_PUSH(r->arena, t->columns, t->n_columns, c);
        }
    }
    if (next(&r->seed, 2)) {
        ARENA_PUSH(r->arena, t->primary_key, t->n_primary_key, t->columns[0].name);
    }
    if (next(&r->seed, 2)) {
        struct index index = make_index(r);
        ARENA_PUSH(r->arena, t->indexes, t->n_indexes, index);
    }
    if (next(&r->seed, 2)) {
        struct foreign_key fk = {.n_columns = 1, .referenced_table = pick_name(r, "t")};
        fk.columns = ARENA_ARRAY(r->arena, 1, const char *);
        fk.columns[0] = t->columns[0].name;
        ARENA_PUSH(r->arena, t->foreign_keys, t->n_foreign_keys, fk);
    }
    bool has_both = table_find_column(t, STR("c0")) && table_find_column(t, STR("c1"));
    if (has_both && next(&r->seed, 2)) {
        struct check check = {.expr = expr_raw(r->arena, "c0 <> 'c0' OR c1 IS NULL")};
        ARENA_PUSH(r->arena, t->checks, t->n_checks, check);
    }
    return t;
}

static struct change make_change(struct random *r)
{
    struct change c = {.kind = 1 + next(&r->seed, CHANGE_N - 1)};
    switch (c.kind) {
    case CHANGE_CREATE_TABLE:
        c.create_table.table = make_table(r);
        break;
    case CHANGE_DROP_TABLE:
        c.drop_table.table = pick_name(r, "t");
        break;
    case CHANGE_RENAME_TABLE:
        c.rename_table.table = pick_name(r, "t");
        c.rename_table.new_name = pick_name(r, "t");
        break;
    case CHANGE_CREATE_COLUMN:
        c.create_column.table = pick_name(r, "t");
        c.create_column.column = make_column(r);
        c.create_column.after = next(&r->seed, 2) ? pick_name(r, "c") : NULL;
        if (next(&r->seed, 2)) {
            struct index index = make_index(r);
            ARENA_PUSH(r->arena, c.create_column.indexes, c.create_column.n_indexes, index);
        }
        break;
    case CHANGE_DROP_COLUMN:
        c.drop_column.table = pick_name(r, "t");
        c.drop_column.column = pick_name(r, "c");
        break;
    case CHANGE_RENAME_COLUMN:
        c.rename_column.table = pick_name(r, "t");
        c.rename_column.column = pick_name(r, "c");
        c.rename_column.new_name = pick_name(r, "c");
        break;
    case CHANGE_CREATE_INDEX:
        c.create_index.table = pick_name(r, "t");
        c.create_index.index = make_index(r);
        break;
    case CHANGE_DROP_INDEX:
        c.drop_index.table = pick_name(r, "t");
        c.drop_index.index =
            arena_printf(r->arena, "idx_t%u_c%u", next(&r->seed, 6), next(&r->seed, 6));
        break;
    default: /* RESTORE_TABLE comes from inverses */
        c.kind = CHANGE_DROP_TABLE;
        c.drop_table.table = pick_name(r, "t");
        break;
    }
    return c;
}

/* The list with @c at its end, when that is a valid change. */
static bool extend(struct random *r, struct change_list *list, struct change c)
{
    struct change_list longer = {.n = list->n + 1, .arena = r->arena};
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    longer.items = ARENA_ARRAY(r->arena, longer.n, struct change);
    for (size_t i = 0; i < list->n; i++) {
        longer.items[i] = list->items[i];
    }
    longer.items[list->n] = c;
    change_list_prepare(r->arena, &longer, "p");
    if (change_list_apply(&longer, r->now, &after, NULL) != ERR_OK) {
        return false;
    }
    *list = longer;
    return true;
}

static const char *encode(struct arena *a, const struct change_list *list)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    change_list_encode(&w, list);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static void decode(struct arena *a, const char *text, struct change_list *out)
{
    json_t *doc = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(doc_parse(a, str_of(text), JSON_DEPTH_MAX, &doc, NULL), ERR_OK);
    if (change_list_decode_stored(a, doc, out, &err) != ERR_OK) {
        fail_msg("%s at %s in %s", err.message, err.where, text);
    }
}

static void must_apply(const struct change_list *list, const struct catalog *now,
                       struct catalog **after, uint32_t seed)
{
    struct error err = ERROR_INIT;
    if (change_list_apply(list, now, after, &err) != ERR_OK) {
        fail_msg("seed %u: %s at %s", seed, err.message, err.where);
    }
}

static const char *catalog_text(struct arena *a, const struct catalog *c)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    catalog_encode(&w, c);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static void must_equal(struct arena *a, const struct catalog *is, const struct catalog *wanted,
                       const char *what)
{
    if (!text_eq(catalog_fingerprint(a, is), catalog_fingerprint(a, wanted))) {
        fail_msg("%s\n is     %s\n wanted %s", what, catalog_text(a, is), catalog_text(a, wanted));
    }
}

static size_t total_changes;

static void try_seed(uint32_t seed)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct catalog *again AUTO(catalog_unrefp) = NULL;
    struct catalog *redone AUTO(catalog_unrefp) = NULL;
    struct random r = {.arena = a, .seed = seed, .now = empty};
    struct change_list first = {0};
    for (int i = 0; i < 12; i++) {
        struct change c = {.kind = CHANGE_CREATE_TABLE, .create_table.table = make_table(&r)};
        extend(&r, &first, c);
    }
    must_apply(&first, empty, &before, seed);
    r.now = before;
    struct change_list list = {.arena = a};
    for (int i = 0; i < 40; i++) {
        extend(&r, &list, make_change(&r));
    }
    total_changes += list.n;
    must_apply(&list, before, &after, seed);
    struct change_list inverse = {0};
    struct change_list stored = {0};
    change_list_inverse(a, &list, before, &inverse);
    decode(a, encode(a, &inverse), &stored);
    assert_string_equal(encode(a, &stored), encode(a, &inverse));
    change_list_prepare(a, &stored, "u");
    must_apply(&stored, after, &again, seed);
    must_equal(a, again, before, arena_printf(a, "seed %u: %s", seed, encode(a, &list)));
    /* and the list itself reads back as what was done */
    struct change_list replay = {0};
    decode(a, encode(a, &list), &replay);
    must_apply(&replay, before, &redone, seed);
    must_equal(a, redone, after, arena_printf(a, "seed %u: %s", seed, encode(a, &list)));
}

static void undoing_any_list_gives_the_first_structure(void **state)
{
    (void)state;
    total_changes = 0;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        try_seed(seed);
    }
    assert_true(total_changes > ROUNDS * 5); /* most of them did something */
}

static void apply_leaves_the_first_catalog_alone(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct random r = {.arena = a, .seed = 7, .now = empty};
    struct change_list first = {0};
    while (first.n < 3) {
        struct change c = {.kind = CHANGE_CREATE_TABLE, .create_table.table = make_table(&r)};
        extend(&r, &first, c);
    }
    must_apply(&first, empty, &before, 7);
    const char *print = catalog_fingerprint(a, before);
    struct change drop = {.kind = CHANGE_DROP_TABLE};
    drop.drop_table.table = before->tables[0]->name;
    struct change_list list = {.items = &drop, .n = 1};
    must_apply(&list, before, &after, 7);
    assert_string_equal(catalog_fingerprint(a, before), print);
    assert_string_not_equal(catalog_fingerprint(a, after), print);
}

static void completion_fills_the_list_in_place(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct change_list list = {0};
    decode(a,
           "[{\"op\":\"CREATE_TABLE\",\"table\":{\"name\":\"a\",\"columns\":[{\"name\":\"id\","
           "\"type\":\"uuid\",\"primaryKey\":true}]}},"
           "{\"op\":\"CREATE_TABLE\",\"table\":{\"name\":\"b\",\"columns\":[{\"name\":\"a_id\","
           "\"type\":\"relation\",\"relatedTable\":\"a\"}]}}]",
           &list);
    must_apply(&list, empty, &after, 0);
    const struct table *b = list.items[1].create_table.table;
    assert_int_equal(b->columns[0].type.kind, TYPE_UUID);
    assert_string_equal(b->indexes[0].name, "idx_b_a_id");
    assert_string_equal(b->foreign_keys[0].name, "fk_b_a_id");
    assert_string_equal(b->foreign_keys[0].referenced_columns[0], "id");
    const char *once = encode(a, &list);
    struct catalog *twice AUTO(catalog_unrefp) = NULL;
    must_apply(&list, empty, &twice, 0);
    assert_string_equal(encode(a, &list), once);
}

static void what_was_purged_cannot_come_back(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct change_list list = {0};
    decode(a,
           "[{\"op\":\"RESTORE_TABLE\",\"table\":{\"name\":\"a\",\"columns\":[]},"
           "\"trash\":\"__telaio_trash_x_1\"}]",
           &list);
    assert_int_equal(change_list_apply(&list, empty, &after, NULL), ERR_UNDO_EXPIRED);
    assert_null(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoing_any_list_gives_the_first_structure),
        cmocka_unit_test(apply_leaves_the_first_catalog_alone),
        cmocka_unit_test(completion_fills_the_list_in_place),
        cmocka_unit_test(what_was_purged_cannot_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
