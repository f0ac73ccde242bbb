#include "engine/sqlite/wait.h"

#include "base/attr.h"

void wait_begin(struct wait *w)
{
    BUG_ON(pthread_mutex_init(&w->lock, NULL) != 0);
    BUG_ON(pthread_cond_init(&w->ended, NULL) != 0);
    w->is_over = false;
    w->fiber = NULL;
}

void wait_for(struct wait *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->is_over) {
        pthread_cond_wait(&w->ended, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&w->ended);
    pthread_mutex_destroy(&w->lock);
}

void wait_end(struct wait *w)
{
    pthread_mutex_lock(&w->lock);
    w->is_over = true;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
}

void wait_run(void (*fn)(void *arg), void *arg)
{
    fn(arg);
}

int wait_loop(void)
{
    return -1;
}
