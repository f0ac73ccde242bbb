#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"

static enum errcode raise_one(struct error *err)
{
    return ERROR(err, ERR_NOT_FOUND, "no table \"%s\"", "x");
}

static enum errcode fail_with_all(struct error *err)
{
    raise_one(err);
    error_detail(err, "row %d", 3);
    error_where(err, "/%s/%d", "operations", 2);
    error_params(err, "{\"table\":\"x\"}");
    return error_hint(err, "make it");
}

static void an_error_carries_its_code_and_texts(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    assert_int_equal(fail_with_all(&err), ERR_NOT_FOUND);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.message, "no table \"x\"");
    assert_string_equal(err.detail, "row 3");
    assert_string_equal(err.hint, "make it");
    assert_string_equal(err.where, "/operations/2");
    assert_string_equal(err.params, "{\"table\":\"x\"}");
    assert_non_null(strstr(err.file, "test_error.c"));
    assert_true(err.line > 0);
    error_release(&err);
    assert_int_equal(err.code, ERR_OK);
    assert_null(err.message);
    error_release(&err);
}

static void without_a_struct_the_code_remains(void **state)
{
    (void)state;
    assert_int_equal(raise_one(NULL), ERR_NOT_FOUND);
    assert_int_equal(fail_with_all(NULL), ERR_NOT_FOUND);
    assert_int_equal(ERROR(NULL, ERR_BUSY, "x"), ERR_BUSY);
    assert_int_equal(error_prefix_where(NULL, "/a"), ERR_BUSY);
}

static void raising_again_replaces_everything(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    fail_with_all(&err);
    assert_int_equal(ERROR(&err, ERR_BUSY, "busy"), ERR_BUSY);
    assert_null(err.detail);
    assert_null(err.where);
    assert_null(err.hint);
    assert_null(err.params);
    error_release(&err);
}

static void a_message_may_be_made_of_the_old_one(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    raise_one(&err);
    for (int i = 0; i < 3; i++) {
        (void)ERROR(&err, ERR_INVALID, "again: %s", err.message);
    }
    assert_string_equal(err.message, "again: again: again: no table \"x\"");
    error_release(&err);
}

static void a_pointer_is_prefixed_on_the_way_up(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    assert_int_equal(error_prefix_where(&err, "/a"), ERR_OK);
    assert_null(err.where);
    raise_one(&err);
    assert_int_equal(error_prefix_where(&err, "/columns/1"), ERR_NOT_FOUND);
    assert_string_equal(err.where, "/columns/1");
    error_prefix_where(&err, "/operations/2");
    assert_string_equal(err.where, "/operations/2/columns/1");
    error_release(&err);
}

static void moving_empties_the_source(void **state)
{
    (void)state;
    struct error from = ERROR_INIT, to = ERROR_INIT;
    fail_with_all(&from);
    (void)ERROR(&to, ERR_BUSY, "old");
    assert_int_equal(error_move(&to, &from), ERR_NOT_FOUND);
    assert_string_equal(to.hint, "make it");
    assert_int_equal(from.code, ERR_OK);
    assert_int_equal(error_move(&to, &to), ERR_NOT_FOUND);
    assert_string_equal(to.hint, "make it");
    assert_int_equal(error_move(NULL, &to), ERR_NOT_FOUND);
    assert_int_equal(to.code, ERR_OK);
}

/* A-56, B-43, X-18: stable codes with one status each */
static void every_code_has_a_row_and_a_wire_name_of_its_own(void **state)
{
    (void)state;
    for (int i = ERR_OK; i < ERR_N; i++) {
        const struct errcode_row *row = errcode_row((enum errcode)i);
        assert_true(row->symbol && *row->symbol && row->wire && *row->wire);
        assert_true(row->meaning && *row->meaning);
        assert_true(row->exit_status >= 0 && row->exit_status <= 4);
        assert_true(i == ERR_OK || (row->http_status >= 400 && row->http_status < 600));
        assert_true(i == ERR_OK || row->exit_status > 0);
        assert_int_equal(strspn(row->wire, "abcdefghijklmnopqrstuvwxyz_"), strlen(row->wire));
        assert_int_equal(errcode_by_wire(str_of(row->wire)), i == ERR_OK ? ERR_N : i);
    }
    assert_int_equal(errcode_by_wire(STR("")), ERR_N);
    assert_int_equal(errcode_by_wire(STR("no_such_code")), ERR_N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_carries_its_code_and_texts),
        cmocka_unit_test(without_a_struct_the_code_remains),
        cmocka_unit_test(raising_again_replaces_everything),
        cmocka_unit_test(a_message_may_be_made_of_the_old_one),
        cmocka_unit_test(a_pointer_is_prefixed_on_the_way_up),
        cmocka_unit_test(moving_empties_the_source),
        cmocka_unit_test(every_code_has_a_row_and_a_wire_name_of_its_own),
    };
    return cmocka_run_group_tests_name("base/error", tests, NULL, NULL);
}
