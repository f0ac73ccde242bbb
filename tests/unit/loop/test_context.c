#include "loop/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fenv.h>
#include <math.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "loop/sanitize.h"

/*
 * Compiled twice: with the instructions of this machine and with ucontext.
 */
#define STACK_BYTES ((size_t)256 << 10)

struct pair {
    struct context main, other;
    char *stack;
    void *asan_main, *asan_other;
    const void *main_bottom;
    size_t main_bytes;
    void *tsan_main, *tsan_other;
    int steps;
    double sum;
    bool is_aligned;
    int rounding;
};

static void to_other(struct pair *p)
{
    ASAN_LEAVE(&p->asan_main, p->stack, STACK_BYTES);
    TSAN_SWITCH(p->tsan_other);
    context_switch(&p->main, &p->other);
    ASAN_ARRIVE(p->asan_main, NULL, NULL);
}

static void to_main(struct pair *p)
{
    ASAN_LEAVE(&p->asan_other, p->main_bottom, p->main_bytes);
    TSAN_SWITCH(p->tsan_main);
    context_switch(&p->other, &p->main);
    ASAN_ARRIVE(p->asan_other, &p->main_bottom, &p->main_bytes);
}

static void begin(struct pair *p, void (*entry)(void *arg))
{
    *p = (struct pair){.stack = mem_alloc(STACK_BYTES)};
    p->tsan_main = TSAN_CURRENT();
    p->tsan_other = TSAN_CREATE();
    context_make(&p->other, p->stack, STACK_BYTES, entry, p);
}

static void end(struct pair *p)
{
    TSAN_DESTROY(p->tsan_other);
    ASAN_FORGET(p->stack, STACK_BYTES);
    mem_free(p->stack);
}

static void count(void *arg)
{
    struct pair *p = arg;
    ASAN_ARRIVE(NULL, &p->main_bottom, &p->main_bytes);
    for (;;) {
        p->steps++;
        to_main(p);
    }
}

static void the_stacks_take_turns(void **state)
{
    (void)state;
    struct pair p;
    begin(&p, count);
    for (int i = 1; i <= 1000; i++) {
        to_other(&p);
        assert_int_equal(p.steps, i);
    }
    end(&p);
}

static void look_at_the_stack(void *arg)
{
    struct pair *p = arg;
    ASAN_ARRIVE(NULL, &p->main_bottom, &p->main_bytes);
    _Alignas(16) volatile char here[16];
    here[0] = 1;
    p->is_aligned = (uintptr_t)here % 16 == 0 && (char *)here > p->stack &&
                    (char *)here < p->stack + STACK_BYTES;
    for (;;) {
        to_main(p);
    }
}

static void a_new_stack_is_aligned(void **state)
{
    (void)state;
    struct pair p;
    begin(&p, look_at_the_stack);
    to_other(&p);
    assert_true(p.is_aligned);
    end(&p);
}

/* More values alive across a switch than there are registers that a call keeps. */
static void add_up(void *arg)
{
    struct pair *p = arg;
    ASAN_ARRIVE(NULL, &p->main_bottom, &p->main_bytes);
    double a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9;
    long q = 1, r = 2, s = 3, t = 4, u = 5, v = 6, w = 7;
    for (;;) {
        to_main(p);
        a += (double)q, b += (double)r, c += (double)s, d += (double)t, e += (double)u;
        f += (double)v, g += (double)w, h += 1, i += 1;
        q++, r++, s++, t++, u++, v++, w++;
        p->sum = a + b + c + d + e + f + g + h + i;
    }
}

static double expected_sum(int turns)
{
    double sum = 45;
    for (int k = 0; k < turns; k++) {
        sum += 28 + 7 * k + 2;
    }
    return sum;
}

static void registers_live_through_a_switch(void **state)
{
    (void)state;
    struct pair p;
    begin(&p, add_up);
    to_other(&p);
    long a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    for (int k = 1; k <= 100; k++) {
        to_other(&p);
        assert_true(fabs(p.sum - expected_sum(k)) < 0.5);
        a += 1, b += 2, c += 3, d += 4, e += 5, f += 6;
    }
    assert_int_equal(a, 101);
    assert_int_equal(b + c + d + e + f, 101 * 20);
    end(&p);
}

static void round_up(void *arg)
{
    struct pair *p = arg;
    ASAN_ARRIVE(NULL, &p->main_bottom, &p->main_bytes);
    fesetround(FE_UPWARD);
    to_main(p);
    p->rounding = fegetround();
    for (;;) {
        to_main(p);
    }
}

static void rounding_belongs_to_a_stack(void **state)
{
    (void)state;
    struct pair p;
    begin(&p, round_up);
    to_other(&p);
    assert_int_equal(fegetround(), FE_TONEAREST);
    to_other(&p);
    assert_int_equal(p.rounding, FE_UPWARD);
    assert_int_equal(fegetround(), FE_TONEAREST);
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stacks_take_turns),
        cmocka_unit_test(a_new_stack_is_aligned),
        cmocka_unit_test(registers_live_through_a_switch),
        cmocka_unit_test(rounding_belongs_to_a_stack),
    };
    return cmocka_run_group_tests_name("loop/context", tests, NULL, NULL);
}
