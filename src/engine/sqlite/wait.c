#include "engine/sqlite/wait.h"

void wait_begin(struct wait *w)
{
    gate_init(&w->gate);
}

void wait_for(struct wait *w)
{
    gate_wait(&w->gate);
}

void wait_end(struct wait *w)
{
    gate_open(&w->gate);
}

void wait_run(void (*fn)(void *arg), void *arg)
{
    loop_run_blocking(fn, arg);
}

int wait_loop(void)
{
    return fiber_self() ? loop_index(loop_self()) : -1;
}
