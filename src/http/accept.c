#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/uuid.h"
#include "http/server.h"
#include "observe/log.h"
#include "observe/metrics.h"

#define ACCEPTS_A_TURN 64
#define PAUSE_US       100000 /* when the process has no descriptor left */

struct accepted {
    struct http_home *home;
    int fd;
    socklen_t n;
    struct sockaddr_storage peer;
};

/* On the home's loop. */
static void adopt(void *arg)
{
    struct accepted *c = arg;
    struct http_home *home = c->home;
    home->is_adopted = false;
    home_stir(home);
    bool is_taken = false;
    if (home->stop >= STOP_CLOSING) {
        close(c->fd);
    } else {
        /* closes the socket when it fails; takes it now, or in its next run */
        is_taken = MHD_add_connection(home->daemon, c->fd, (struct sockaddr *)&c->peer, c->n);
    }
    if (!is_taken && !home->is_adopted) { /* else it counts down when it ends */
        home->n_connections--;
        metric_add(METRIC_CONNECTIONS, -1);
    }
    mem_free(c);
}

static struct http_home *emptiest(struct http_server *h, int64_t *total)
{
    struct http_home *best = &h->homes[0];
    *total = 0;
    for (size_t i = 0; i < h->n_homes; i++) {
        int64_t n = h->homes[i].n_connections;
        *total += n;
        if (n < best->n_connections) {
            best = &h->homes[i];
        }
    }
    return best;
}

static void refuse(struct http_server *h, int fd)
{
    static const char text[] = "too many connections\n";
    char id[UUID_TEXT + 1];
    struct buf answer;
    uuid_make(id);
    buf_init(&answer, BUF_MAX_DEFAULT);
    buf_printf(&answer,
               "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
               "X-Request-Id: %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
               id, sizeof text - 1, text);
    /* the buffer of a new socket takes it; a client that left gets nothing, which is right */
    (void)!send(fd, answer.p, answer.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    buf_release(&answer);
    shutdown(fd, SHUT_WR);
    linger_start(&h->homes[0], fd);
    close(fd);
    h->n_refused++;
    metric_add(METRIC_CONNECTIONS_REFUSED, 1);
}

static void hand_over(struct http_server *h, const struct accepted *c)
{
    int64_t total;
    struct http_home *home = emptiest(h, &total);
    if (total >= h->settings.max_connections) {
        refuse(h, c->fd);
        return;
    }
    struct accepted *copy = mem_alloc(sizeof *copy);
    *copy = *c;
    copy->home = home;
    home->n_connections++;
    metric_add(METRIC_CONNECTIONS, 1);
    if (home->loop == loop_self()) {
        adopt(copy);
        return;
    }
    loop_post(home->loop, adopt, copy);
}

static void on_pause_end(void *arg)
{
    accept_start(arg);
}

/* Nothing can be accepted now, and the listening socket stays readable: look away for a while. */
static void pause_accepting(struct http_server *h, int why)
{
    LOG(LOG_WARNING, "accept", LOG_INT("errno", why));
    loop_watch_remove(&h->accept_watch);
    loop_timer_start(h->homes[0].loop, &h->accept_timer, PAUSE_US, 0, on_pause_end, h);
}

static void on_connection(void *arg, uint32_t events)
{
    struct http_server *h = arg;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct accepted c = {.n = sizeof c.peer};
        c.fd =
            accept4(h->listen_fd, (struct sockaddr *)&c.peer, &c.n, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (c.fd >= 0) {
            hand_over(h, &c);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(h, errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
        /* otherwise that one connection failed before it was accepted */
    }
}

void accept_start(struct http_server *h)
{
    loop_watch_add(h->homes[0].loop, &h->accept_watch, h->listen_fd, EPOLLIN, on_connection, h);
}

void accept_stop(struct http_server *h)
{
    if (h->accept_watch.is_on) {
        loop_watch_remove(&h->accept_watch);
    }
    loop_timer_stop(&h->accept_timer);
    close(h->listen_fd);
    h->listen_fd = -1;
}
