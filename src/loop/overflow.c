#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "loop/inside.h"

/*
 * A fiber that outgrows its stack touches the guard before it, and the process ends. Here it says
 * why before it does; the handler that was there before (a sanitizer's), or none, ends it.
 */
#define SIGNAL_STACK_BYTES ((size_t)64 << 10)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int n_users;
static struct sigaction before;

static void on_fault(int number, siginfo_t *info, void *machine)
{
    (void)machine;
    static const char text[] = "telaio: the stack of a fiber is used up\n";
    const struct fiber *f = fiber_self();
    const char *at = info->si_addr;
    if (f && at >= f->map && at < f->stack) {
        /* Nothing can be done about a standard error that is closed. */
        ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
        (void)n;
    }
    /* Back to the instruction, which faults again. */
    sigaction(number, &before, NULL);
}

void overflow_watch_start(void)
{
    pthread_mutex_lock(&lock);
    if (n_users++ == 0) {
        struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigemptyset(&action.sa_mask);
        BUG_ON(sigaction(SIGSEGV, &action, &before) != 0);
    }
    pthread_mutex_unlock(&lock);
}

void overflow_watch_stop(void)
{
    pthread_mutex_lock(&lock);
    if (--n_users == 0) {
        BUG_ON(sigaction(SIGSEGV, &before, NULL) != 0);
    }
    pthread_mutex_unlock(&lock);
}

void *overflow_thread_begin(void)
{
    stack_t now;
    BUG_ON(sigaltstack(NULL, &now) != 0);
    if (!(now.ss_flags & SS_DISABLE)) {
        return NULL; /* a sanitizer has given this thread one */
    }
    void *memory = mem_alloc(SIGNAL_STACK_BYTES);
    stack_t own = {.ss_sp = memory, .ss_size = SIGNAL_STACK_BYTES};
    BUG_ON(sigaltstack(&own, NULL) != 0);
    return memory;
}

void overflow_thread_end(void *kept)
{
    if (kept) {
        stack_t none = {.ss_flags = SS_DISABLE};
        BUG_ON(sigaltstack(&none, NULL) != 0);
        mem_free(kept);
    }
}
