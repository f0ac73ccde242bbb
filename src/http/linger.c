#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "http/server.h"

#define LINGERS_MAX 256 /* a loop; beyond it the connection is closed at once */

struct lingering {
    struct http_home *home;
    struct lingering *next, *previous;
    int fd;
    int64_t left; /* bytes that may still come */
    struct loop_watch watch;
    struct loop_timer timer;
};

static void end(struct lingering *g)
{
    loop_watch_remove(&g->watch);
    loop_timer_stop(&g->timer);
    close(g->fd);
    if (g->next) {
        g->next->previous = g->previous;
    }
    if (g->previous) {
        g->previous->next = g->next;
    } else {
        g->home->lingers = g->next;
    }
    g->home->n_lingers--;
    mem_free(g);
}

static void on_time(void *arg)
{
    end(arg);
}

static void on_bytes(void *arg, uint32_t events)
{
    struct lingering *g = arg;
    char thrown_away[16384];
    ssize_t n;
    (void)events;
    while ((n = recv(g->fd, thrown_away, sizeof thrown_away, MSG_DONTWAIT)) > 0) {
        g->left -= n;
        if (g->left <= 0) {
            end(g);
            return;
        }
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        end(g);
    }
}

void linger_start(struct http_home *home, int fd)
{
    int copy = home->n_lingers < LINGERS_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0) {
        return; /* the connection is closed at once */
    }
    struct lingering *g = mem_alloc(sizeof *g);
    *g = (struct lingering){
        .home = home,
        .next = home->lingers,
        .fd = copy,
        .left = home->server->settings.drain_bytes,
    };
    if (g->next) {
        g->next->previous = g;
    }
    home->lingers = g;
    home->n_lingers++;
    loop_timer_start(home->loop, &g->timer, home->server->settings.drain_ms * 1000, 0, on_time, g);
    loop_watch_add(home->loop, &g->watch, copy, EPOLLIN, on_bytes, g);
}

void linger_stop_all(struct http_home *home)
{
    while (home->lingers) {
        end(home->lingers);
    }
}
