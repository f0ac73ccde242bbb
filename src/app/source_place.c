#include "app/source_place.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/str.h"
#include "loop/loop.h"

#define ADDRESS_BYTES 16

/* An address as 16 bytes; version 4 ones are mapped (::ffff:1.2.3.4). */
struct address {
    unsigned char bytes[ADDRESS_BYTES];
};

struct network {
    const char *text; /* of the first address */
    int bits;         /* of 128 */
};

#define V4(bits) (96 + (bits))

/* What no database is at, whoever asks. */
static const struct network nowhere[] = {
    {"0.0.0.0", V4(8)},
    {"169.254.0.0", V4(16)},
    {"224.0.0.0", V4(4)},
    {"240.0.0.0", V4(4)},
    {"::", 128},
    {"fe80::", 10},
    {"ff00::", 8},
    {"fd00:ec2::254", 128},
    {"100.100.100.200", V4(32)},
};

/* What is not on the public network. */
static const struct network inside[] = {
    {"10.0.0.0", V4(8)},    {"127.0.0.0", V4(8)},  {"172.16.0.0", V4(12)}, {"192.168.0.0", V4(16)},
    {"100.64.0.0", V4(10)}, {"192.0.0.0", V4(24)}, {"198.18.0.0", V4(15)}, {"::1", 128},
    {"fc00::", 7},          {"64:ff9b::", 96},     {"2002::", 16},         {"2001::", 32},
    {"fec0::", 10},
};

static bool address_parse(const char *text, struct address *out)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (inet_pton(AF_INET6, text, out->bytes) == 1) {
        return true;
    }
    memcpy(out->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, out->bytes + sizeof mapped) == 1;
}

static bool is_in(const struct address *a, const struct address *network, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(a->bytes, network->bytes, (size_t)whole) != 0) {
        return false;
    }
    unsigned mask = 0xffU << (8 - rest) & 0xff;
    return rest == 0 || (a->bytes[whole] & mask) == (network->bytes[whole] & mask);
}

static bool is_in_any(const struct address *a, const struct network *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct address network;
        if (address_parse(list[i].text, &network) && is_in(a, &network, list[i].bits)) {
            return true;
        }
    }
    return false;
}

/* ---- names ---------------------------------------------------------------------------------- */

struct lookup {
    const char *host;
    struct addrinfo *found;
    int result;
};

static void look_up(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    l->result = getaddrinfo(l->host, NULL, &hints, &l->found);
}

static void add_address(struct arena *a, const struct addrinfo *i, const char ***list, size_t *n)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes = i->ai_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)i->ai_addr)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)i->ai_addr)->sin_addr;
    if ((i->ai_family == AF_INET || i->ai_family == AF_INET6) &&
        inet_ntop(i->ai_family, bytes, text, sizeof text)) {
        const char *kept = arena_strdup(a, text);
        ARENA_PUSH(a, *list, *n, kept);
    }
}

static enum errcode resolve(struct arena *a, const char *host, const char ***out, size_t *n,
                            struct error *err)
{
    struct lookup l = {.host = host};
    loop_run_blocking(look_up, &l);
    for (const struct addrinfo *i = l.result == 0 ? l.found : NULL; i; i = i->ai_next) {
        add_address(a, i, out, n);
    }
    if (l.result == 0) {
        freeaddrinfo(l.found);
    }
    if (*n == 0) {
        ERROR(err, ERR_UNAVAILABLE, "no machine is known as \"%s\"", host);
        return error_hint(err, "is the name of the host spelt right?");
    }
    return ERR_OK;
}

/* Absolute and free of links, NULL when it is not there. */
static const char *real_path(struct arena *a, const char *path)
{
    char real[PATH_MAX];
    return realpath(path, real) ? arena_strdup(a, real) : NULL;
}

/* ---- the list of the operator --------------------------------------------------------------- */

static bool matches_network(struct str entry, const char *address)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct address network, a;
    int64_t bits = 0;
    size_t slash = str_find(entry, '/');
    const char *first = arena_str(tmp, (struct str){entry.p, slash});
    if (!address_parse(first, &network) || !address_parse(address, &a)) {
        return false;
    }
    bool is_four = !strchr(first, ':');
    if (slash == entry.n) {
        bits = 8 * ADDRESS_BYTES;
    } else if (!str_int64(str_sub(entry, slash + 1), &bits) || bits < 0 ||
               bits > (is_four ? 32 : 128)) {
        return false;
    } else {
        bits += is_four ? 96 : 0;
    }
    return is_in(&a, &network, (int)bits);
}

static bool matches_name(struct str entry, struct str host)
{
    if (str_starts(entry, STR("*."))) {
        struct str end = str_sub(entry, 1);
        return host.n > end.n && str_eq_nocase(str_sub(host, host.n - end.n), end);
    }
    return str_eq_nocase(entry, host);
}

static bool is_listed(const char *list, const char *host, const char *address)
{
    struct str rest = str_of(list), entry;
    while (str_split(&rest, ',', &entry)) {
        entry = str_trim(entry);
        if (str_is(entry, "*") || matches_name(entry, str_of(host)) ||
            matches_network(entry, address)) {
            return true;
        }
    }
    return false;
}

/* ---- hosts ---------------------------------------------------------------------------------- */

static enum errcode refuse_host(const char *host, struct error *err)
{
    ERROR(err, ERR_FORBIDDEN, "the server may not connect to \"%s\"", host);
    return error_hint(err, "who operates the server allows hosts by the setting source-hosts");
}

static bool is_allowed(const struct settings *s, const char *host, const char *text,
                       bool is_trusted)
{
    const char *list = s->text[SETTING_SOURCE_HOSTS];
    struct address a;
    if (!address_parse(text, &a) || is_in_any(&a, nowhere, ARRAY_LEN(nowhere))) {
        return false;
    }
    if (*list) {
        return is_listed(list, host, text);
    }
    return is_trusted || !is_in_any(&a, inside, ARRAY_LEN(inside));
}

/* Every address that a name has must be allowed: nobody knows which one is taken. */
static enum errcode judge_host(const struct settings *s, struct arena *a, const char *host,
                               bool is_trusted, const char **first, struct error *err)
{
    const char **addresses = NULL;
    size_t n = 0;
    TRY(resolve(a, host, &addresses, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (!is_allowed(s, host, addresses[i], is_trusted)) {
            return refuse_host(host, err);
        }
    }
    *first = addresses[0];
    return ERR_OK;
}

static bool lies_under(struct str path, struct str folder)
{
    while (folder.n > 1 && folder.p[folder.n - 1] == '/') {
        folder.n--;
    }
    return folder.n > 0 && folder.p[0] == '/' && str_starts(path, folder) &&
           (path.n == folder.n || folder.n == 1 || path.p[folder.n] == '/');
}

static enum errcode judge_socket(const struct settings *s, struct arena *a,
                                 struct engine_options *o, bool is_trusted, struct error *err)
{
    struct str rest = str_of(s->text[SETTING_SOURCE_HOSTS]), entry;
    const char *real = real_path(a, o->host);
    bool is_allowed = rest.n == 0 && is_trusted;
    o->host = real ? real : o->host;
    while (rest.n > 0 && !is_allowed && str_split(&rest, ',', &entry)) {
        is_allowed = lies_under(str_of(o->host), str_trim(entry));
    }
    return is_allowed ? ERR_OK : refuse_host(o->host, err);
}

/* "mongodb://user@a:1,b/x?y": each of the hosts. */
static enum errcode judge_list(const struct settings *s, struct arena *a, const char *uri,
                               bool is_trusted, struct error *err)
{
    struct str all = str_of(uri), one;
    size_t colon = str_find(all, ':');
    bool is_service =
        colon > 4 && str_eq_nocase(str_sub((struct str){all.p, colon}, colon - 4), STR("+srv"));
    if (is_service && !(is_trusted && !*s->text[SETTING_SOURCE_HOSTS])) {
        return refuse_host("a service record", err);
    }
    all = str_sub(all, colon + 3);
    all.n = str_find(all, '/');
    size_t at = str_find(all, '@');
    all = at < all.n ? str_sub(all, at + 1) : all;
    while (!is_service && str_split(&all, ',', &one)) {
        const char *first = NULL;
        bool has_bracket = one.n > 0 && one.p[0] == '[';
        one = has_bracket ? str_sub(one, 1) : one;
        one.n = str_find(one, has_bracket ? ']' : ':');
        TRY(judge_host(s, a, arena_str(a, one), is_trusted, &first, err));
    }
    return ERR_OK;
}

/* Options of such an address that only say how to talk, not with whom or from which file. */
static bool is_harmless(struct str option)
{
    static const char *const names[] = {
        "appname",
        "authmechanism",
        "authsource",
        "connecttimeoutms",
        "directconnection",
        "journal",
        "maxpoolsize",
        "minpoolsize",
        "readconcernlevel",
        "readpreference",
        "replicaset",
        "retryreads",
        "retrywrites",
        "serverselectiontimeoutms",
        "sockettimeoutms",
        "ssl",
        "tls",
        "w",
        "wtimeoutms",
    };
    option.n = str_find(option, '=');
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq_nocase(option, str_of(names[i]))) {
            return true;
        }
    }
    return option.n == 0;
}

static enum errcode judge_uri_options(const char *uri, struct error *err)
{
    struct str rest = str_of(uri), one;
    rest = str_sub(rest, str_find(rest, '?') + 1);
    while (rest.n > 0 && str_split(&rest, '&', &one)) {
        if (!is_harmless(one)) {
            return ERROR(err, ERR_FORBIDDEN, "an option of the address is not allowed: \"%.*s\"",
                         (int)str_find(one, '='), one.p);
        }
    }
    return ERR_OK;
}

/* ---- files ---------------------------------------------------------------------------------- */

static enum errcode refuse_file(struct error *err)
{
    ERROR(err, ERR_FORBIDDEN, "the server may not open database files there");
    return error_hint(err,
                      "who operates the server allows one folder by the setting source-folder");
}

/* In the same words for what is not there and what is elsewhere: the disk is nobody's to explore.
 */
static enum errcode judge_file(const struct settings *s, struct arena *a, const char **path,
                               struct error *err)
{
    const char *setting = s->text[SETTING_SOURCE_FOLDER];
    const char *folder = *setting ? real_path(a, setting) : NULL;
    const char *data = real_path(a, s->text[SETTING_DATA]);
    if (!folder) {
        return refuse_file(err);
    }
    const char *given = (*path)[0] == '/' ? *path : arena_printf(a, "%s/%s", folder, *path);
    const char *real = real_path(a, given);
    if (!real) {
        ERROR(err, ERR_NOT_FOUND, "there is no such file in the folder of database files");
        return error_hint(err, "the path is one on the server's machine");
    }
    bool is_own = data && lies_under(str_of(real), str_of(data));
    if (is_own || !lies_under(str_of(real), str_of(folder))) {
        return refuse_file(err);
    }
    *path = real;
    return ERR_OK;
}

enum errcode source_place_judge(const struct settings *s, const struct engine_kind *kind,
                                struct arena *a, struct engine_options *o, bool is_trusted,
                                struct error *err)
{
    const char *first = NULL;
    if (o->tls_ca) {
        TRY(judge_file(s, a, &o->tls_ca, err));
    }
    if (kind->port == 0) {
        return o->path && *o->path ? judge_file(s, a, &o->path, err)
                                   : ERROR(err, ERR_INVALID, "the path of the file is missing");
    }
    if (o->uri) {
        TRY(judge_uri_options(o->uri, err));
        return judge_list(s, a, o->uri, is_trusted, err);
    }
    if (!o->host || !*o->host) {
        return ERROR(err, ERR_INVALID, "the host is missing");
    }
    if (o->host[0] == '/') {
        return judge_socket(s, a, o, is_trusted, err);
    }
    TRY(judge_host(s, a, o->host, is_trusted, &first, err));
    if (o->tls != TLS_VERIFY && !is_trusted) {
        o->host = first; /* a name could mean another machine by the time it is asked again */
    }
    return ERR_OK;
}
