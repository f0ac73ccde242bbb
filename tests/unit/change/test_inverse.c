/* Property: what is applied and then undone leaves the first structure, for random catalogs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "catalog/table_json.h"
#include "change/change_json.h"
#include "random_changes.h"

#define ROUNDS 400

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

/* Lists of everything that any engine can do. */
static const struct engine_caps every_ability = {
#define ABILITY(name, meaning) .name = true,
#include "engine/abilities.def"
#undef ABILITY
};

static void try_seed(uint32_t seed)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct catalog *again AUTO(catalog_unrefp) = NULL;
    struct catalog *redone AUTO(catalog_unrefp) = NULL;
    struct random r = {
        .arena = a, .seed = seed, .now = empty, .caps = &every_ability, .takes_text = true};
    struct change_list first = {0};
    for (int i = 0; i < 12; i++) {
        struct change c = {.kind = CHANGE_CREATE_TABLE, .create_table.table = random_table(&r)};
        random_extend(&r, &first, c);
    }
    must_apply(&first, empty, &before, seed);
    r.now = before;
    struct change_list list = {.arena = a};
    for (int i = 0; i < 40; i++) {
        random_extend(&r, &list, random_change(&r));
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
    struct random r = {
        .arena = a, .seed = 7, .now = empty, .caps = &every_ability, .takes_text = true};
    struct change_list first = {0};
    while (first.n < 3) {
        struct change c = {.kind = CHANGE_CREATE_TABLE, .create_table.table = random_table(&r)};
        random_extend(&r, &first, c);
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

static void trigger_texts_follow_renames_where_that_is_safe(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct change_list made = {0};
    struct change_list list = {0};
    struct change_list inverse = {0};
    decode(
        a,
        "[{\"op\":\"RESTORE_TABLE\",\"table\":{\"name\":\"t\",\"native\":\"CREATE TABLE t(a, n)\","
        "\"columns\":[{\"name\":\"a\",\"type\":\"text\"},{\"name\":\"n\",\"type\":\"text\"}],"
        "\"triggers\":[{\"name\":\"x\",\"native\":\"CREATE TRIGGER x AFTER UPDATE OF a ON t "
        "BEGIN UPDATE log SET n = 't'; END\"}]}},"
        "{\"op\":\"CREATE_TABLE\",\"table\":{\"name\":\"log\",\"columns\":[{\"name\":\"n\","
        "\"type\":\"text\"}]}}]",
        &made);
    decode(a,
           "[{\"op\":\"RENAME_TABLE\",\"table\":\"t\",\"newName\":\"u\"},"
           "{\"op\":\"RENAME_COLUMN\",\"table\":\"u\",\"column\":\"a\",\"newName\":\"b\"},"
           "{\"op\":\"RENAME_COLUMN\",\"table\":\"u\",\"column\":\"n\",\"newName\":\"m\"},"
           "{\"op\":\"DROP_TABLE\",\"table\":\"u\"}]",
           &list);
    must_apply(&made, empty, &before, 0);
    change_list_prepare(a, &list, "p");
    must_apply(&list, before, &after, 0);
    change_list_inverse(a, &list, before, &inverse);
    const struct table *kept = inverse.items[0].restore_table.table;
    assert_string_equal(kept->name, "u");
    assert_null(kept->native);
    /* "n" is also a column of the log, so it stays */
    assert_string_equal(kept->triggers[0].native, "CREATE TRIGGER x AFTER UPDATE OF \"b\" ON \"u\" "
                                                  "BEGIN UPDATE log SET n = 't'; END");
    struct catalog *again AUTO(catalog_unrefp) = NULL;
    must_apply(&inverse, after, &again, 0);
    must_equal(a, again, before, "triggers");
}

static void what_a_view_reads_is_not_dropped(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *c AUTO(catalog_unrefp) = catalog_new();
    struct catalog *after AUTO(catalog_unrefp) = NULL;
    struct column columns[] = {{.name = "a", .type = {.kind = TYPE_TEXT}},
                               {.name = "b", .type = {.kind = TYPE_TEXT}}};
    struct table t = {.name = "t", .kind = TABLE_BASE, .columns = columns, .n_columns = 2};
    struct table view = {
        .name = "v", .kind = TABLE_VIEW, .native = "CREATE VIEW v AS SELECT \"a\" FROM t"};
    catalog_add_table(c, &t);
    catalog_add_table(c, &view);
    struct change change = {.kind = CHANGE_DROP_TABLE, .drop_table = {.table = "t"}};
    struct change_list list = {.items = &change, .n = 1, .arena = a};
    assert_int_equal(change_list_apply(&list, c, &after, NULL), ERR_CONFLICT);
    change =
        (struct change){.kind = CHANGE_DROP_COLUMN, .drop_column = {.table = "t", .column = "a"}};
    assert_int_equal(change_list_apply(&list, c, &after, NULL), ERR_CONFLICT);
    change.drop_column.column = "b";
    assert_int_equal(change_list_apply(&list, c, &after, NULL), ERR_OK);
    change = (struct change){.kind = CHANGE_DROP_TABLE, .drop_table = {.table = "v"}};
    assert_int_equal(change_list_apply(&list, c, &after, NULL), ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoing_any_list_gives_the_first_structure),
        cmocka_unit_test(apply_leaves_the_first_catalog_alone),
        cmocka_unit_test(completion_fills_the_list_in_place),
        cmocka_unit_test(what_was_purged_cannot_come_back),
        cmocka_unit_test(what_a_view_reads_is_not_dropped),
        cmocka_unit_test(trigger_texts_follow_renames_where_that_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
