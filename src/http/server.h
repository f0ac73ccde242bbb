#pragma once

#include <microhttpd.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "http/http.h"
#include "loop/loop.h"

/*
 * The inside of the server, for http/ alone. A home is what one loop has of it: a daemon of the
 * library, driven from the loop's turns, and the requests of its connections. All of a home but its
 * counters belongs to the loop's thread.
 */
struct request;
struct lingering;
struct wire;

enum stop_state {
    STOP_NOT = 0,
    STOP_FINISHING, /* what runs may finish */
    STOP_ENDING,    /* what runs was told to end */
    STOP_CLOSING,   /* nothing runs */
};

struct http_home {
    struct http_server *server;
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct loop_source source;
    bool is_adopted; /* the library took the connection that it was just given */

    struct request *live;  /* the library has them */
    struct request *spare; /* for the next ones */
    size_t n_spare;
    struct wire *ended; /* closed by the client, and the library may not know */
    int64_t n_fibers, n_suspended;
    int64_t n_brief;     /* requests in a brief wait */
    int64_t n_due;       /* of those, do not wait any more */
    int64_t n_answering; /* requests whose answer the library has */
    bool is_asking;      /* the library, for a run in this turn */
    int64_t run_us;      /* when it last ran */
    int busy_runs;       /* of the library: so many may have something to do beside the two above */
    int answer_runs;     /* so many may have something to do for those that it answers */

    struct lingering *lingers;
    size_t n_lingers;

    enum stop_state stop;
    struct loop_timer stop_timer;
    struct gate stopped;

    _Atomic int64_t n_connections, n_requests, n_active, n_suspensions;
};

/** home_stir() - the library's next runs have something to do that its epoll does not tell. */
static inline void home_stir(struct http_home *home)
{
    home->busy_runs = 2; /* one that acts, and one that finds that nothing is left */
}

struct http_server {
    struct runtime *runtime;
    struct http_settings settings;
    struct http_home *homes; /* one per loop */
    size_t n_homes;
    int listen_fd;
    char *address;
    _Atomic bool is_stopping;
    _Atomic int64_t n_refused;
    /* accepting, on the first loop */
    struct loop_watch accept_watch;
    struct loop_timer accept_timer;
};

/* ---- listening (listen.c) ---------------------------------------------------------------- */

/** listen_open() - the socket for @address ("127.0.0.1:5950", "[::1]:0"), and its name with the
 *  port that was taken (freed with mem_free()). Errors: ERR_UNAVAILABLE, ERR_INVALID_PARAMETER. */
enum errcode listen_open(const char *address, int *fd, char **name, struct error *err) MUST_CHECK;
/** listen_peer() - the IP address of @peer as text; an IPv4 address is written as one. */
void listen_peer(const struct sockaddr *peer, char *out, size_t n);

/* ---- accepting (accept.c), on the first loop --------------------------------------------- */

void accept_start(struct http_server *h);
void accept_stop(struct http_server *h);

/* ---- the library (connection.c) ---------------------------------------------------------- */

/** home_open() - start the daemon. Errors: ERR_UNAVAILABLE. */
enum errcode home_open(struct http_home *home, struct error *err) MUST_CHECK;

/* ---- the end of a connection (linger.c) -------------------------------------------------- */

/**
 * linger_start() - keep @fd's connection readable for a while after the library closes it
 *
 * A socket closed with unread bytes resets the connection, and the client may lose the answer that
 * it was about to read. Reads and throws away until the client closes, or the drain limits.
 */
void linger_start(struct http_home *home, int fd);
void linger_stop_all(struct http_home *home);
