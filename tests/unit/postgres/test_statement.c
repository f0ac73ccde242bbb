/* Which statements are worth preparing, and which leave: no server. */
#include "engine/postgres/statement.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "engine/postgres/inside.h"

#define PLACES 100

static struct pg_place places[PLACES];
#define TEXT STR("SELECT * FROM t WHERE id = $1")

/* How many of the places are worth it when each asks once. */
static int round_of_all(struct pg_statements *all)
{
    int n = 0;
    for (int i = 0; i < PLACES; i++) {
        n += pg_statement_is_worth(all, &places[i], pg_text_hash(TEXT));
    }
    return n;
}

/* Places are far apart and their addresses alike: they must not push one another out. */
static void what_is_asked_twice_is_worth_it(void **state)
{
    (void)state;
    static struct pg_statements all;
    assert_int_equal(round_of_all(&all), 0);
    assert_in_range(round_of_all(&all), PLACES * 3 / 4, PLACES);
}

static void the_one_that_was_not_used_for_longest_leaves(void **state)
{
    (void)state;
    static struct pg_statements all;
    static struct pg_place more[STATEMENTS_MAX];
    uint64_t hash = pg_text_hash(TEXT);
    for (int i = 0; i < STATEMENTS_MAX; i++) {
        assert_null(pg_statement_spare(&all));
        pg_statement_add(&all, &more[i], TEXT, hash)->is_made = true;
    }
    for (int i = 0; i < STATEMENTS_MAX; i++) {
        assert_ptr_equal(pg_statement_find(&all, &more[i], TEXT, hash)->place, &more[i]);
    }
    assert_non_null(pg_statement_find(&all, &more[0], TEXT, hash));
    assert_ptr_equal(pg_statement_spare(&all)->place, &more[1]);
    pg_statement_forget(&all, pg_statement_spare(&all));
    assert_null(pg_statement_find(&all, &more[1], TEXT, hash));
    assert_null(pg_statement_spare(&all));
    pg_statements_clear(&all);
    assert_null(pg_statement_find(&all, &more[0], TEXT, hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_twice_is_worth_it),
        cmocka_unit_test(the_one_that_was_not_used_for_longest_leaves),
    };
    return cmocka_run_group_tests_name("postgres/statement", tests, NULL, NULL);
}
