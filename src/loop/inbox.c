#include <errno.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "loop/inside.h"

void fiber_list_push(struct fiber_list *list, struct fiber *f)
{
    f->next_ready = NULL;
    if (list->last) {
        list->last->next_ready = f;
    } else {
        list->first = f;
    }
    list->last = f;
}

struct fiber *fiber_list_pop(struct fiber_list *list)
{
    struct fiber *f = list->first;
    if (f) {
        list->first = f->next_ready;
        if (!list->first) {
            list->last = NULL;
        }
    }
    return f;
}

void post_list_push(struct post_list *list, struct post *p)
{
    p->next = NULL;
    if (list->last) {
        list->last->next = p;
    } else {
        list->first = p;
    }
    list->last = p;
}

struct post *post_list_pop(struct post_list *list)
{
    struct post *p = list->first;
    if (p) {
        list->first = p->next;
        if (!list->first) {
            list->last = NULL;
        }
    }
    return p;
}

void inbox_init(struct inbox *inbox)
{
    *inbox = (struct inbox){0};
    BUG_ON(pthread_mutex_init(&inbox->lock, NULL) != 0);
}

void inbox_release(struct inbox *inbox)
{
    BUG_ON(inbox->posts.first || inbox->woken.first);
    BUG_ON(pthread_mutex_destroy(&inbox->lock) != 0);
}

/* Under the lock: as soon as it is free the loop may take what was put in, end, and be released.
 * The descriptor is edge-triggered, so nobody has to read it. */
static void signal_locked(struct loop *l)
{
    if (l->inbox.is_signalled) {
        return;
    }
    l->inbox.is_signalled = true;
    uint64_t one = 1;
    ssize_t n;
    do {
        n = write(l->event_fd, &one, sizeof one);
    } while (n < 0 && errno == EINTR);
    BUG_ON(n != sizeof one);
}

void inbox_signal(struct loop *l)
{
    pthread_mutex_lock(&l->inbox.lock);
    signal_locked(l);
    pthread_mutex_unlock(&l->inbox.lock);
}

void inbox_wake(struct fiber *f)
{
    struct loop *l = f->loop;
    pthread_mutex_lock(&l->inbox.lock);
    fiber_list_push(&l->inbox.woken, f);
    signal_locked(l);
    pthread_mutex_unlock(&l->inbox.lock);
}

static void put(struct loop *l, void (*fn)(void *arg), void *arg, bool is_fiber)
{
    struct post *p = mem_alloc(sizeof *p);
    *p = (struct post){.fn = fn, .arg = arg, .is_fiber = is_fiber};
    atomic_fetch_add(&l->runtime->n_pending, 1);
    pthread_mutex_lock(&l->inbox.lock);
    post_list_push(&l->inbox.posts, p);
    signal_locked(l);
    pthread_mutex_unlock(&l->inbox.lock);
}

void loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
    put(l, fn, arg, false);
}

void loop_spawn(struct loop *l, void (*fn)(void *arg), void *arg)
{
    put(l, fn, arg, true);
}

void inbox_empty(void *arg, uint32_t events)
{
    (void)events;
    struct loop *l = arg;
    pthread_mutex_lock(&l->inbox.lock);
    struct post_list posts = l->inbox.posts;
    struct fiber_list woken = l->inbox.woken;
    l->inbox.posts = (struct post_list){NULL, NULL};
    l->inbox.woken = (struct fiber_list){NULL, NULL};
    l->inbox.is_signalled = false;
    pthread_mutex_unlock(&l->inbox.lock);

    struct fiber *f;
    while ((f = fiber_list_pop(&woken))) {
        fiber_wake(f, WAKE_EVENT);
    }
    struct post *p;
    while ((p = post_list_pop(&posts))) {
        if (p->is_fiber) {
            post_list_push(&l->spawns, p);
            continue;
        }
        p->fn(p->arg);
        mem_free(p);
        runtime_pending_end(l->runtime);
    }
}
