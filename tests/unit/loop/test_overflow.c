#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "fixture.h"
#include "loop/loop.h"

/* Each level takes a KiB of stack and needs the one below: no compiler makes a loop of it. */
static int dig(int levels)
{
    volatile char frame[1024];
    memset((char *)frame, levels, sizeof frame);
    return levels == 0 ? frame[7] : dig(levels - 1) + frame[levels % 1024];
}

static void dig_without_end(void *arg)
{
    *(int *)arg = dig(1 << 20);
}

static void fall_through_null(void *arg)
{
    **(volatile int **)arg = 1;
}

/* Runs @fn on a fiber in a child; returns how the child ended, *@said is its standard error. */
static int run_in_child(void (*fn)(void *arg), void *arg, struct buf *said)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(ends[1], STDERR_FILENO);
        struct runtime *rt = NULL;
        if (runtime_start(&(struct runtime_settings){.loops = 1, .workers = 1}, &rt, NULL) ==
            ERR_OK) {
            runtime_run(rt, fn, arg);
        }
        _exit(0);
    }
    close(ends[1]);
    char piece[4096];
    ssize_t n;
    while ((n = read(ends[0], piece, sizeof piece)) > 0) {
        buf_add(said, piece, (size_t)n);
    }
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static bool died(int status)
{
    return WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) != 0);
}

static void a_fiber_that_outgrows_its_stack_ends_the_process(void **state)
{
    (void)state;
    struct buf said;
    buf_init(&said, BUF_MAX_DEFAULT);
    int depth = 0;
    int status = run_in_child(dig_without_end, &depth, &said);
    assert_true(died(status));
    assert_non_null(strstr(buf_text(&said), "the stack of a fiber is used up"));
    buf_release(&said);
}

static void another_fault_is_not_called_so(void **state)
{
    (void)state;
    struct buf said;
    buf_init(&said, BUF_MAX_DEFAULT);
    int *nowhere = NULL;
    int status = run_in_child(fall_through_null, &nowhere, &said);
    assert_true(died(status));
    assert_null(strstr(buf_text(&said), "the stack of a fiber is used up"));
    buf_release(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fiber_that_outgrows_its_stack_ends_the_process),
        cmocka_unit_test(another_fault_is_not_called_so),
    };
    return cmocka_run_group_tests_name("loop/overflow", tests, NULL, NULL);
}
