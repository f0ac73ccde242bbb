#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "base/attr.h"
#include "loop/context.h"

/* What a stack was left with lies on that stack itself, so that `sp` is all there is to keep. */
struct start {
    ucontext_t context;
    void (*entry)(void *arg);
    void *arg;
};

/* makecontext() passes int arguments only: a pointer goes in two halves. */
static void run(unsigned high, unsigned low)
{
    const struct start *s = (const struct start *)(uintptr_t)((uint64_t)high << 32 | low);
    s->entry(s->arg);
}

void context_make(struct context *c, void *stack, size_t n, void (*entry)(void *arg), void *arg)
{
    uintptr_t top = (uintptr_t)stack + n - sizeof(struct start);
    struct start *s = (struct start *)(top & ~(uintptr_t)63);
    memset(s, 0, sizeof *s);
    s->entry = entry;
    s->arg = arg;
    BUG_ON(getcontext(&s->context) != 0);
    s->context.uc_stack.ss_sp = stack;
    s->context.uc_stack.ss_size = (size_t)((char *)s - (char *)stack);
    uint64_t bits = (uintptr_t)s;
    makecontext(&s->context, (void (*)(void))run, 2, (unsigned)(bits >> 32), (unsigned)bits);
    c->sp = s;
}

void context_switch(struct context *from, const struct context *to)
{
    ucontext_t here;
    from->sp = &here;
    BUG_ON(swapcontext(&here, to->sp) != 0);
}
