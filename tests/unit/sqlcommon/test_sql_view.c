#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "engine/sqlcommon/sql_view.h"

static const struct view_column columns[] = {{"who", "na\"me", false}, {"from", "ip", true}};

static const struct engine_view view = {
    .name = "seen",
    .table = "change",
    .key = "id",
    .joined = "audit",
    .joined_key = "change_id",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .texts = {.name = "all",
              .table = "step",
              .key = "of",
              .column = "text",
              .order = "n",
              .between = "; 'x'"},
};

static void is_made_as(const struct sql_dialect *d, const char *wanted)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    assert_string_equal(sql_view_text(a, d, &view), wanted);
}

static void rows_are_sorted_before_the_aggregate(void **state)
{
    (void)state;
    static const struct sql_dialect plain = {.quote = '"'};
    is_made_as(&plain,
               "CREATE VIEW \"seen\" AS SELECT \"t\".\"na\"\"me\" AS \"who\", \"j\".\"ip\" AS "
               "\"from\", (SELECT group_concat(\"x\".\"text\", '; ''x''') FROM (SELECT "
               "\"x\".\"text\" FROM \"step\" AS \"x\" WHERE \"x\".\"of\" = \"t\".\"id\" ORDER BY "
               "\"x\".\"n\") AS \"x\") AS \"all\" FROM \"change\" AS \"t\" LEFT JOIN \"audit\" AS "
               "\"j\" ON \"j\".\"change_id\" = \"t\".\"id\"");
}

static void aggregates_sort_where_they_can(void **state)
{
    (void)state;
    static const struct sql_dialect agg = {.quote = '"', .list_texts = sql_list_string_agg};
    static const struct sql_dialect concat = {.quote = '`', .list_texts = sql_list_group_concat};
    is_made_as(&agg,
               "CREATE VIEW \"seen\" AS SELECT \"t\".\"na\"\"me\" AS \"who\", \"j\".\"ip\" AS "
               "\"from\", (SELECT string_agg(\"x\".\"text\", '; ''x''' ORDER BY \"x\".\"n\") FROM "
               "\"step\" AS \"x\" WHERE \"x\".\"of\" = \"t\".\"id\") AS \"all\" FROM \"change\" AS "
               "\"t\" LEFT JOIN \"audit\" AS \"j\" ON \"j\".\"change_id\" = \"t\".\"id\"");
    is_made_as(&concat,
               "CREATE VIEW `seen` AS SELECT `t`.`na\"me` AS `who`, `j`.`ip` AS `from`, (SELECT "
               "group_concat(`x`.`text` ORDER BY `x`.`n` SEPARATOR '; ''x''') FROM `step` AS `x` "
               "WHERE `x`.`of` = `t`.`id`) AS `all` FROM `change` AS `t` LEFT JOIN `audit` AS `j` "
               "ON `j`.`change_id` = `t`.`id`");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_before_the_aggregate),
        cmocka_unit_test(aggregates_sort_where_they_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
