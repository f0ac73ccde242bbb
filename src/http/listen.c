#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/server.h"

#define BACKLOG 4096

/* "host:port" or "[host]:port". */
static bool split_address(struct str s, struct str *host, struct str *port)
{
    size_t colon = s.n;
    while (colon > 0 && s.p[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return false;
    }
    *host = (struct str){s.p, colon - 1};
    *port = str_sub(s, colon);
    bool is_bracketed = host->n > 2 && host->p[0] == '[' && host->p[host->n - 1] == ']';
    if (is_bracketed) {
        *host = (struct str){host->p + 1, host->n - 2};
    }
    int64_t number;
    return host->n > 0 && (is_bracketed || str_find(*host, ':') == host->n) &&
           str_int64(*port, &number) && number >= 0 && number <= 65535;
}

static int open_socket(const struct addrinfo *info)
{
    int one = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
                    bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)) {
        int why = errno;
        close(fd);
        errno = why;
        fd = -1;
    }
    return fd;
}

void listen_peer(const struct sockaddr *peer, char *out, size_t n)
{
    const void *from = NULL;
    int family = peer->sa_family;
    if (family == AF_INET) {
        from = &((const struct sockaddr_in *)(const void *)peer)->sin_addr;
    } else if (family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(six);
        from = is_mapped ? (const void *)&six->s6_addr[12] : (const void *)six;
        family = is_mapped ? AF_INET : AF_INET6;
    }
    if (!from || !inet_ntop(family, from, out, (socklen_t)n)) {
        out[0] = '\0';
    }
}

static char *name_of(int fd)
{
    struct sockaddr_storage at = {0};
    socklen_t n = sizeof at;
    char host[INET6_ADDRSTRLEN];
    struct buf text;
    BUG_ON(getsockname(fd, (struct sockaddr *)&at, &n) != 0);
    listen_peer((struct sockaddr *)&at, host, sizeof host);
    bool is_six = at.ss_family == AF_INET6;
    unsigned port = ntohs(is_six ? ((struct sockaddr_in6 *)&at)->sin6_port
                                 : ((struct sockaddr_in *)&at)->sin_port);
    bool has_colon = strchr(host, ':') != NULL;
    buf_init(&text, BUF_MAX_DEFAULT);
    buf_printf(&text, has_colon ? "[%s]:%u" : "%s:%u", host, port);
    size_t n_text;
    return buf_take(&text, &n_text);
}

enum errcode listen_open(const char *address, int *fd, char **name, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct str host;
    struct str port;
    if (!split_address(str_of(address), &host, &port)) {
        return ERROR(err, ERR_INVALID_PARAMETER, "\"%s\" is not an address like 127.0.0.1:5950",
                     address);
    }
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(arena_str(a, host), arena_str(a, port), &wanted, &found);
    if (failed) {
        return ERROR(err, ERR_INVALID_PARAMETER, "cannot listen on \"%s\": %s", address,
                     gai_strerror(failed));
    }
    int opened = open_socket(found);
    int why = errno;
    freeaddrinfo(found);
    if (opened < 0) {
        return ERROR(err, ERR_UNAVAILABLE, "cannot listen on \"%s\": %s", address, strerror(why));
    }
    *fd = opened;
    *name = name_of(opened);
    return ERR_OK;
}
