#include "http/wire.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "http/request.h"

static void list(struct wire *w)
{
    w->has_ended = true;
    w->next = w->home->ended;
    if (w->next) {
        w->next->previous = w;
    }
    w->home->ended = w;
}

static void unlist(struct wire *w)
{
    if (w->next) {
        w->next->previous = w->previous;
    }
    if (w->previous) {
        w->previous->next = w->next;
    } else if (w->home->ended == w) {
        w->home->ended = w->next;
    }
    w->next = w->previous = NULL;
}

/*
 * The client closed, or only its half: what merely waits for it is ended, and what is written all
 * the same is sent. A client that had ended its half before the handler began is one that waits.
 */
static void on_end(void *arg, uint32_t events)
{
    struct wire *w = arg;
    (void)events;
    loop_watch_remove(&w->watch);
    list(w);
    if (w->request && w->request->has_all && w->request->fiber) {
        fiber_cancel(w->request->fiber);
    }
}

struct wire *wire_new(struct http_home *home, int fd, const struct sockaddr *peer)
{
    struct wire *w = mem_alloc(sizeof *w);
    w->home = home;
    w->fd = fd;
    listen_peer(peer, w->peer, sizeof w->peer);
    loop_watch_add(home->loop, &w->watch, fd, EPOLLRDHUP | EPOLLET, on_end, w);
    return w;
}

void wire_free(struct wire *w)
{
    if (w->watch.is_on) {
        loop_watch_remove(&w->watch);
    }
    unlist(w);
    mem_free(w);
}

void wires_show_ends(struct http_home *home)
{
    struct wire *next;
    for (struct wire *w = home->ended; w; w = next) {
        char c;
        next = w->next;
        const struct request *r = w->request;
        if (r && (r->is_suspended || r->is_brief || r->phase == PHASE_ANSWER)) {
            continue; /* later: it reads nothing now */
        }
        if (recv(w->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
            continue; /* later: it has not read all yet */
        }
        home_stir(home);
        shutdown(w->fd, SHUT_RD); /* nothing more comes in any case, but it is an event */
        unlist(w);
    }
}
