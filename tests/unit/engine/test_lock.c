/* Locks among processes: test_engine_lock NAME, of an engine whose data others can reach. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "test_engine.h"

#define NAME STR("change/1")

static const char *name;
static struct test_engine one, two;

static int set_up(void **state)
{
    (void)state;
    return test_engine_open(name, &one) && test_engine_again(&one, &two) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_engine_close(&two);
    test_engine_close(&one);
    return 0;
}

static struct engine_lock *take(struct engine *e, struct str what, enum lock_mode mode)
{
    struct engine_lock *l = NULL;
    struct error err = ERROR_INIT;
    if (engine_lock(e, what, mode, &l, &err) != ERR_OK) {
        fail_msg("%s %s", err.message, err.detail ? err.detail : "");
    }
    return l;
}

static void one_has_it_alone(void **state)
{
    (void)state;
    struct engine_lock *l = take(one.engine, NAME, LOCK_ALONE);
    assert_non_null(l);
    assert_true(engine_lock_holds(l));
    assert_null(take(two.engine, NAME, LOCK_ALONE));
    assert_null(take(two.engine, NAME, LOCK_SHARED));
    assert_null(take(one.engine, NAME, LOCK_ALONE)); /* nor the same process twice */
    struct engine_lock *other = take(two.engine, STR("change/2"), LOCK_ALONE);
    assert_non_null(other);
    engine_unlock(other);
    engine_unlock(l);
    l = take(two.engine, NAME, LOCK_ALONE);
    assert_non_null(l);
    engine_unlock(l);
    engine_unlock(NULL);
}

static void many_share_it(void **state)
{
    (void)state;
    struct engine_lock *l[] = {take(one.engine, NAME, LOCK_SHARED),
                               take(two.engine, NAME, LOCK_SHARED),
                               take(two.engine, NAME, LOCK_SHARED)};
    assert_non_null(l[0]);
    assert_non_null(l[1]);
    assert_non_null(l[2]);
    engine_unlock(l[0]);
    assert_null(take(one.engine, NAME, LOCK_ALONE));
    engine_unlock(l[2]);
    assert_null(take(one.engine, NAME, LOCK_ALONE));
    engine_unlock(l[1]);
    l[0] = take(one.engine, NAME, LOCK_ALONE);
    assert_non_null(l[0]);
    engine_unlock(l[0]);
}

static void a_wait_ends_when_it_is_free_or_late(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct engine_lock *second = NULL;
    struct engine_lock *l = take(one.engine, NAME, LOCK_ALONE);
    int64_t start = time_monotonic_us();
    assert_int_equal(engine_lock_wait(two.engine, NAME, LOCK_ALONE, 50000, &second, &err),
                     ERR_BUSY);
    assert_string_equal(err.message, "another process works on \"change/1\"");
    assert_true(time_monotonic_us() - start >= 50000);
    assert_null(second);
    engine_unlock(l);
    assert_int_equal(engine_lock_wait(two.engine, NAME, LOCK_ALONE, 0, &second, NULL), ERR_OK);
    assert_non_null(second);
    engine_unlock(second);
    error_release(&err);
}

/* Not a moment later: whoever is told that it is free asks once. */
static void it_is_free_when_it_was_let_go(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        struct engine_lock *l = take(i % 2 ? two.engine : one.engine, NAME, LOCK_ALONE);
        assert_non_null(l);
        assert_null(take(i % 2 ? one.engine : two.engine, NAME, LOCK_SHARED));
        engine_unlock(l);
        l = take(i % 2 ? one.engine : two.engine, NAME, LOCK_SHARED);
        assert_non_null(l);
        assert_null(take(one.engine, NAME, LOCK_ALONE));
        engine_unlock(l);
    }
}

/* The child takes it and dies with it, in the hardest way; should nobody kill it, when @asked of
 * its parent ends. */
static void die_with_it(int told, int asked)
{
    struct test_engine child;
    struct engine_lock *l = NULL;
    char word = 'n';
    if (test_engine_again(&one, &child) &&
        engine_lock(child.engine, NAME, LOCK_ALONE, &l, NULL) == ERR_OK && l) {
        word = 'y';
    }
    if (write(told, &word, 1) == 1) {
        (void)!read(asked, &word, 1);
    }
    _exit(1);
}

static void a_process_that_dies_lets_go(void **state)
{
    (void)state;
    int told[2];
    int asked[2];
    char word = 'n';
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(asked), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(asked[1]);
        die_with_it(told[1], asked[0]);
    }
    assert_int_equal(read(told[0], &word, 1), 1);
    assert_int_equal(word, 'y');
    assert_null(take(one.engine, NAME, LOCK_ALONE));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct engine_lock *l = NULL;
    assert_int_equal(engine_lock_wait(one.engine, NAME, LOCK_ALONE, 10000000, &l, NULL), ERR_OK);
    engine_unlock(l);
    for (int i = 0; i < 2; i++) {
        close(told[i]);
        close(asked[i]);
    }
}

int main(int argc, char **argv)
{
    name = argc > 1 ? argv[1] : "sqlite";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_has_it_alone),
        cmocka_unit_test(many_share_it),
        cmocka_unit_test(it_is_free_when_it_was_let_go),
        cmocka_unit_test(a_wait_ends_when_it_is_free_or_late),
        cmocka_unit_test(a_process_that_dies_lets_go),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
