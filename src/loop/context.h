#pragma once

#include <stddef.h>

/*
 * Where a stack was left. On x86-64 and AArch64 a switch is a few instructions that save what a
 * call keeps; elsewhere it is ucontext, which asks the kernel for the signal mask each time.
 */
struct context {
    void *sp;
};

/** context_make() - the first switch to @c calls @entry(@arg) on the @n bytes at @stack; @entry
 *  never returns. */
void context_make(struct context *c, void *stack, size_t n, void (*entry)(void *arg), void *arg);
/** context_switch() - leave this stack for @to; returns when somebody switches to @from. */
void context_switch(struct context *from, const struct context *to);
