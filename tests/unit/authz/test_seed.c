#include "authz/authz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"

/* The seed of the store and what authz decides by must say the same. */

static const json_t *read_rows(struct arena *a, const char *table)
{
    struct str text;
    json_t *doc;
    const char *path = getenv("TELAIO_TEST_SEED");
    assert_non_null(path);
    assert_int_equal(fs_read_file(a, path, (size_t)1 << 20, &text, NULL), ERR_OK);
    assert_int_equal(doc_parse(a, text, JSON_DEPTH_MAX, &doc, NULL), ERR_OK);
    const json_t *up = json_object_get(doc, "up");
    for (size_t i = 0; i < json_array_size(up); i++) {
        const json_t *op = json_array_get(up, i);
        if (text_eq(json_string_value(json_object_get(op, "table")), table)) {
            return json_object_get(op, "rows");
        }
    }
    fail_msg("no rows of %s", table);
    return NULL;
}

static const char *text_of(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

/* {"lookup": {"table": …, "where": {@key: TEXT}}} gives TEXT. */
static const char *looked_up(const json_t *row, const char *member, const char *key)
{
    const json_t *lookup = json_object_get(json_object_get(row, member), "lookup");
    return text_of(json_object_get(lookup, "where"), key);
}

static const json_t *find(const json_t *rows, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (text_eq(text_of(row, key), value)) {
            return row;
        }
    }
    return NULL;
}

static void every_action_is_in_the_seeded_catalogue(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const json_t *rows = read_rows(a, "permissions");
    for (int i = ACTION_SIGNED_IN + 1; i < ACTION_N; i++) {
        const struct action_row *action = action_row((enum action)i);
        const json_t *row = find(rows, "slug", action->slug);
        if (!row) {
            fail_msg("%s is not seeded", action->slug);
        }
        bool is_reserved = json_is_true(json_object_get(row, "is_reserved"));
        assert_int_equal(is_reserved, (action->flags & ACTION_IS_RESERVED) != 0);
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        assert_true(slug_valid(str_of(text_of(json_array_get(rows, i), "slug"))));
    }
}

static size_t count_held(const json_t *rows, const char *slug)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        n += text_eq(looked_up(json_array_get(rows, i), "template_id", "slug"), slug);
    }
    return n;
}

static bool holds(const json_t *rows, const char *slug, const char *member, const char *key,
                  const char *value)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (text_eq(looked_up(row, "template_id", "slug"), slug) &&
            text_eq(looked_up(row, member, key), value)) {
            return true;
        }
    }
    return false;
}

static void every_template_holds_what_the_seed_says(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const json_t *permissions = read_rows(a, "template_permissions");
    const json_t *wildcards = read_rows(a, "template_wildcards");
    size_t n, n_rows = 0;
    const struct authz_template *templates = authz_templates(&n);
    assert_int_equal(json_array_size(read_rows(a, "permission_templates")), n);
    for (size_t i = 0; i < n; i++) {
        const char *slug = templates[i].slug;
        for (size_t p = 0; p < templates[i].n; p++) {
            const char *pattern = templates[i].patterns[p];
            bool seeded = strchr(pattern, '*')
                              ? holds(wildcards, slug, "wildcard_id", "pattern", pattern)
                              : holds(permissions, slug, "permission_id", "slug", pattern);
            if (!seeded) {
                fail_msg("%s lacks %s in the seed", slug, pattern);
            }
        }
        assert_int_equal(count_held(permissions, slug) + count_held(wildcards, slug),
                         templates[i].n);
        n_rows += templates[i].n;
    }
    assert_int_equal(json_array_size(permissions) + json_array_size(wildcards), n_rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_is_in_the_seeded_catalogue),
        cmocka_unit_test(every_template_holds_what_the_seed_says),
    };
    return cmocka_run_group_tests_name("authz/seed", tests, NULL, NULL);
}
