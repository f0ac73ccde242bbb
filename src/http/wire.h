#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include "http/server.h"

/*
 * A connection as it is known beside the library: who is at the other end, and whether that end has
 * closed. The library does not see the end of a suspended connection, nor one that arrives together
 * with the last bytes (it takes a short read for the end of what is there), so each socket is also
 * in the loop's own epoll, for that one event, once.
 */
struct wire {
    struct http_home *home;
    int fd;
    char peer[INET6_ADDRSTRLEN];
    struct request *request; /* the one that the library has, or NULL */
    struct loop_watch watch;
    bool has_ended;
    struct wire *next, *previous; /* in home->ended until the library has seen it too */
};

struct wire *wire_new(struct http_home *home, int fd, const struct sockaddr *peer);
void wire_free(struct wire *w);
/** wires_show_ends() - let the library see the ends that it missed; after it has run. */
void wires_show_ends(struct http_home *home);
