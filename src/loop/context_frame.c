#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "loop/context.h"

/*
 * The frame that context_switch() of this machine finds on a stack that never ran: it takes the
 * registers from it and "returns" to context_begin(), which calls the function.
 */
void context_begin(void);

#if defined(__x86_64__)

struct frame {
    uint32_t sse_control;
    uint16_t x87_control, unused;
    uint64_t r15, r14, r13, r12, rbx, rbp;
    uint64_t return_to;
    uint64_t end[2]; /* keeps the alignment that a call needs */
};

static void fill(struct frame *f, void (*entry)(void *arg), void *arg)
{
    f->sse_control = 0x1f80; /* as a process starts: no traps, round to nearest */
    f->x87_control = 0x037f;
    f->r12 = (uintptr_t)arg;
    f->r13 = (uintptr_t)entry;
    f->return_to = (uintptr_t)context_begin;
}

_Static_assert(offsetof(struct frame, end) == 64, "context_begin() starts aligned to 16 bytes");

#elif defined(__aarch64__)

struct frame {
    uint64_t x19, x20, x21_x28[8], x29, x30;
    uint64_t d8_d15[8];
    uint64_t end[2];
};

static void fill(struct frame *f, void (*entry)(void *arg), void *arg)
{
    f->x19 = (uintptr_t)arg;
    f->x20 = (uintptr_t)entry;
    f->x30 = (uintptr_t)context_begin;
}

_Static_assert(offsetof(struct frame, end) == 160, "as context_switch() reads it");

#else
#error "this machine takes context_ucontext.c"
#endif

void context_make(struct context *c, void *stack, size_t n, void (*entry)(void *arg), void *arg)
{
    uintptr_t top = ((uintptr_t)stack + n - sizeof(struct frame)) & ~(uintptr_t)15;
    struct frame *f = (struct frame *)top;
    memset(f, 0, sizeof *f);
    fill(f, entry, arg);
    c->sp = f;
}
