#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/percent.h"
#include "engine/kind.h"

#define PORT_MOST        65535
#define CONNECTIONS_MOST 10000
#define MS_MOST          86400000
#define PREFIX_MOST      32

#define HINT                                                   \
    "SCHEME://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE; " \
    "what is special in a part is escaped, @ as %%40"

/* What an address is made of, not decoded yet. */
struct parts {
    struct str scheme, user, password, hosts, database, options;
    bool has_password;
};

struct reading {
    const struct engine_kind *kind;
    struct arena *arena;
    struct engine_options *out;
    struct buf uri_options; /* those that are the driver's own */
    struct error *err;
};

static enum errcode refuse(struct error *err, const char *what)
{
    ERROR(err, ERR_INVALID, "%s", what);
    return error_hint(err, HINT);
}

/* ---- the options ---------------------------------------------------------------------------- */

typedef bool option_fn(void *place, struct str value, struct arena *a, int64_t most);

static bool set_text(void *place, struct str value, struct arena *a, int64_t most)
{
    (void)most;
    *(const char **)place = arena_str(a, value);
    return value.n > 0;
}

static bool set_path(void *place, struct str value, struct arena *a, int64_t most)
{
    return set_text(place, value, a, most) && value.p[0] == '/';
}

static bool set_prefix(void *place, struct str value, struct arena *a, int64_t most)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') {
            return false;
        }
    }
    return value.n <= (size_t)most && set_text(place, value, a, most);
}

static bool set_count(void *place, struct str value, struct arena *a, int64_t most)
{
    int64_t n = 0;
    (void)a;
    if (!str_int64(value, &n) || n < 1 || n > most) {
        return false;
    }
    *(int *)place = (int)n;
    return true;
}

static bool set_flag(void *place, struct str value, struct arena *a, int64_t most)
{
    (void)a;
    (void)most;
    *(bool *)place = str_is(value, "on") || str_is(value, "true") || str_is(value, "1");
    return *(bool *)place || str_is(value, "off") || str_is(value, "false") || str_is(value, "0");
}

static const char *const tls_words[] = {
    [TLS_OFF] = "off", [TLS_REQUIRE] = "require", [TLS_VERIFY] = "verify"};

static bool set_tls(void *place, struct str value, struct arena *a, int64_t most)
{
    (void)a;
    (void)most;
    for (size_t i = TLS_OFF; i < ARRAY_LEN(tls_words); i++) {
        if (str_is(value, tls_words[i])) {
            *(enum tls_mode *)place = (enum tls_mode)i;
            return true;
        }
    }
    return false;
}

/* To add one: a row here, its words in engine_address_parse()'s comment, its way back in
 * engine_address_text(). */
static const struct option_row {
    const char *name;
    size_t offset;
    option_fn *set;
    int64_t most;
    const char *wants; /* what the value has to be */
    bool is_not_uri;   /* means nothing where the address is the driver's */
} rows[] = {
#define PLACE(member) offsetof(struct engine_options, member)
    {"socket", PLACE(host), set_path, 0, "an absolute path", true},
    {"schema", PLACE(schema), set_text, 0, "a name", true},
    {"tls", PLACE(tls), set_tls, 0, "off, require or verify", false},
    {"tls-ca", PLACE(tls_ca), set_text, 0, "a file", false},
    {"connections", PLACE(connections), set_count, CONNECTIONS_MOST, "from 1 to 10000", false},
    {"connect-ms", PLACE(connect_ms), set_count, MS_MOST, "from 1 to 86400000", false},
    {"statement-ms", PLACE(statement_ms), set_count, MS_MOST, "from 1 to 86400000", false},
    {"lock-ms", PLACE(lock_ms), set_count, MS_MOST, "from 1 to 86400000", false},
    {"lease-ms", PLACE(lease_ms), set_count, MS_MOST, "from 1 to 86400000", false},
    {"prefix", PLACE(prefix), set_prefix, PREFIX_MOST, "at most 32 of a-z, 0-9 and \"_\"", false},
    {"distributed", PLACE(is_distributed), set_flag, 0, "on or off", true},
#undef PLACE
};

static const struct option_row *find_option(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (str_is(name, rows[i].name)) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool contains_nocase(struct str text, const char *word)
{
    struct str w = str_of(word);
    for (size_t i = 0; i + w.n <= text.n; i++) {
        if (str_eq_nocase((struct str){text.p + i, w.n}, w)) {
            return true;
        }
    }
    return false;
}

/* Passwords of key files, session tokens: they would be shown wherever the address is. */
static bool holds_secret(struct str option)
{
    return contains_nocase(option, "password") || contains_nocase(option, "passwd") ||
           contains_nocase(option, "token") || contains_nocase(option, "secret");
}

static enum errcode keep_option(struct reading *r, struct str option, int place)
{
    if (!r->kind->takes_uri) {
        ERROR(r->err, ERR_INVALID, "option %d of the address is unknown", place);
        return error_hint(r->err, "socket, schema, tls, tls-ca, connections, connect-ms, "
                                  "statement-ms, lock-ms, lease-ms, prefix, distributed");
    }
    if (holds_secret(option)) {
        return ERROR(r->err, ERR_INVALID, "option %d of the address holds a secret", place);
    }
    if (r->uri_options.n > 0) {
        buf_addc(&r->uri_options, '&');
    }
    buf_add_str(&r->uri_options, option);
    return ERR_OK;
}

static enum errcode read_option(struct reading *r, struct str option, int place)
{
    size_t equals = str_find(option, '=');
    const struct option_row *row = find_option((struct str){option.p, equals});
    struct str value;
    if (!row || (row->is_not_uri && r->kind->takes_uri)) {
        return keep_option(r, option, place);
    }
    if (percent_decode(r->arena, str_sub(option, equals + 1), false, &value, NULL) != ERR_OK ||
        !row->set((char *)r->out + row->offset, value, r->arena, row->most)) {
        /* MongoDB's own "tls" is true or false: then it stays in its address */
        return r->kind->takes_uri && row->set == set_tls
                   ? keep_option(r, option, place)
                   : ERROR(r->err, ERR_INVALID, "option \"%s\" of the address is not %s", row->name,
                           row->wants);
    }
    return ERR_OK;
}

static enum errcode read_options(struct reading *r, struct str options)
{
    struct str one;
    for (int place = 1; options.p && str_split(&options, '&', &one); place++) {
        if (one.n > 0) {
            TRY(read_option(r, one, place));
        }
    }
    return ERR_OK;
}

/* ---- the parts ------------------------------------------------------------------------------ */

static enum errcode split(struct str text, struct parts *out, struct error *err)
{
    struct parts p = {0};
    if (str_find(text, '#') < text.n) {
        return refuse(err, "the address has a \"#\", which means nothing in it");
    }
    size_t colon = str_find(text, ':');
    p.scheme = (struct str){text.p, colon};
    text = str_sub(text, colon + 3); /* the caller has seen "://" */
    size_t n = str_find(text, '?');
    p.options = str_sub(text, n + 1);
    text.n = n;
    n = str_find(text, '/');
    p.database = str_sub(text, n + 1);
    text.n = n;
    for (n = text.n; n > 0 && text.p[n - 1] != '@'; n--) {
    }
    p.hosts = str_sub(text, n);
    if (n > 0) {
        struct str person = {text.p, n - 1};
        size_t at = str_find(person, ':');
        p.user = (struct str){person.p, at};
        p.has_password = at < person.n;
        p.password = str_sub(person, at + 1);
    }
    *out = p;
    return ERR_OK;
}

/* NULL for an empty part. */
static enum errcode decode(struct reading *r, struct str part, const char *what, const char **out)
{
    struct str text;
    if (part.n == 0) {
        *out = NULL;
        return ERR_OK;
    }
    if (percent_decode(r->arena, part, false, &text, NULL) != ERR_OK) {
        return refuse(r->err, what);
    }
    *out = text.p;
    return ERR_OK;
}

static enum errcode read_port(struct reading *r, struct str digits)
{
    int64_t port = 0;
    if (!str_int64(digits, &port) || port < 1 || port > PORT_MOST) {
        return refuse(r->err, "the address has a port that is not from 1 to 65535");
    }
    r->out->port = (int)port;
    return ERR_OK;
}

/* "name", "name:port", "[::1]:port"; of a list the first. */
static enum errcode read_host(struct reading *r, struct str hosts)
{
    struct str host = {hosts.p, str_find(hosts, ',')};
    if (host.n < hosts.n && !r->kind->takes_uri) {
        return refuse(r->err, "the address has more than one host");
    }
    size_t name_n = str_find(host, ':');
    struct str name = {host.p, name_n};
    if (host.n > 0 && host.p[0] == '[') {
        size_t end = str_find(host, ']');
        if (end == host.n || (end + 1 < host.n && host.p[end + 1] != ':')) {
            return refuse(r->err, "the address has a host whose bracket does not end");
        }
        name = (struct str){host.p + 1, end - 1};
        name_n = end + 1;
    }
    if (name_n < host.n) {
        TRY(read_port(r, str_sub(host, name_n + 1)));
    }
    return decode(r, name, "the address has a host that does not decode", &r->out->host);
}

static const char *uri_of(struct reading *r, const struct parts *p)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_add_str(&b, p->scheme);
    buf_adds(&b, "://");
    buf_add_str(&b, p->user);
    buf_adds(&b, p->user.n ? "@" : "");
    buf_add_str(&b, p->hosts);
    buf_addc(&b, '/');
    buf_add_str(&b, p->database);
    buf_adds(&b, r->uri_options.n ? "?" : "");
    buf_add_str(&b, buf_str(&r->uri_options));
    const char *uri = arena_str(r->arena, buf_str(&b));
    buf_release(&b);
    return uri;
}

static enum errcode read_parts(struct reading *r, const struct parts *p)
{
    struct engine_options *o = r->out;
    const char *host = NULL;
    TRY(read_host(r, p->hosts));
    host = o->host;
    o->host = NULL;
    TRY(decode(r, p->user, "the address has a user that does not decode", &o->user));
    TRY(decode(r, p->password, "the address has a password that does not decode", &o->password));
    TRY(decode(r, p->database, "the address has a database that does not decode", &o->database));
    TRY(read_options(r, p->options));
    if (host && o->host) {
        return refuse(r->err, "the address has a host and a socket");
    }
    o->host = host ? host : o->host;
    if (!o->host) {
        return refuse(r->err, "the address has no host and no socket");
    }
    if (o->password && !o->user) {
        return refuse(r->err, "the address has a password and no user");
    }
    o->uri = r->kind->takes_uri ? uri_of(r, p) : NULL;
    return ERR_OK;
}

static enum errcode read_path(struct reading *r, struct str path)
{
    if (path.n == 0) {
        return ERR_OK;
    }
    return decode(r, path, "the address has a path that does not decode", &r->out->path);
}

static enum errcode read_address(struct reading *r, struct str text)
{
    size_t colon = str_find(text, ':');
    struct parts parts;
    if (r->kind->port == 0) {
        return read_path(r, str_sub(text, colon + 1));
    }
    if (!str_starts(str_sub(text, colon), STR("://"))) {
        return refuse(r->err, "the address has no \"://\"");
    }
    TRY(split(text, &parts, r->err));
    return read_parts(r, &parts);
}

enum errcode engine_address_parse(const struct engine_kinds *kinds, struct arena *a,
                                  const char *text, const struct engine_kind **kind,
                                  struct engine_options *out, struct error *err)
{
    struct str address = str_of(text);
    size_t colon = str_find(address, ':');
    const struct engine_kind *found =
        colon < address.n ? engine_kind_find(kinds, (struct str){address.p, colon}) : NULL;
    if (!found) {
        ERROR(err, ERR_INVALID, "the address begins with no scheme that is known");
        return error_hint(err, HINT);
    }
    struct engine_options options = {0};
    struct reading r = {.kind = found, .arena = a, .out = &options, .err = err};
    buf_init(&r.uri_options, BUF_MAX_DEFAULT);
    enum errcode code = read_address(&r, address);
    buf_release(&r.uri_options);
    TRY(code);
    *kind = found;
    *out = options;
    return ERR_OK;
}

/* ---- the way back --------------------------------------------------------------------------- */

struct writing {
    struct buf out;
    bool has_option;
};

static void begin_option(struct writing *w, const char *name)
{
    buf_addc(&w->out, w->has_option ? '&' : '?');
    w->has_option = true;
    buf_adds(&w->out, name);
    buf_addc(&w->out, '=');
}

static void add_text(struct writing *w, const char *name, const char *value)
{
    if (value) {
        begin_option(w, name);
        percent_encode(&w->out, str_of(value), "/:,");
    }
}

static void add_count(struct writing *w, const char *name, int value)
{
    if (value > 0) {
        begin_option(w, name);
        buf_add_int64(&w->out, value);
    }
}

static void add_options(struct writing *w, const struct engine_options *o)
{
    add_text(w, "schema", o->schema);
    add_text(w, "tls", tls_words[o->tls]);
    add_text(w, "tls-ca", o->tls_ca);
    add_count(w, "connections", o->connections);
    add_count(w, "connect-ms", o->connect_ms);
    add_count(w, "statement-ms", o->statement_ms);
    add_count(w, "lock-ms", o->lock_ms);
    add_count(w, "lease-ms", o->lease_ms);
    add_text(w, "prefix", o->prefix);
    add_text(w, "distributed", o->is_distributed ? "on" : NULL);
}

static bool is_socket(const struct engine_options *o)
{
    return o->host && o->host[0] == '/';
}

static void add_place(struct writing *w, const struct engine_kind *kind,
                      const struct engine_options *o)
{
    bool is_numeric = o->host && strchr(o->host, ':');
    buf_adds(&w->out, kind->schemes[0]);
    buf_adds(&w->out, "://");
    if (o->user) {
        percent_encode(&w->out, str_of(o->user), "");
        buf_addc(&w->out, '@');
    }
    if (!is_socket(o)) {
        buf_adds(&w->out, is_numeric ? "[" : "");
        percent_encode(&w->out, str_of(o->host), ":");
        buf_adds(&w->out, is_numeric ? "]" : "");
    }
    if (o->port) {
        buf_addc(&w->out, ':');
        buf_add_int64(&w->out, o->port);
    }
    buf_addc(&w->out, '/');
    percent_encode(&w->out, str_of(o->database), "");
    add_text(w, "socket", is_socket(o) ? o->host : NULL);
}

const char *engine_address_text(struct arena *a, const struct engine_kind *kind,
                                const struct engine_options *o)
{
    struct writing w = {0};
    buf_init(&w.out, BUF_MAX_DEFAULT);
    if (kind->port == 0) {
        buf_adds(&w.out, kind->schemes[0]);
        buf_addc(&w.out, ':');
        percent_encode(&w.out, str_of(o->path), "/:,@");
    } else if (o->uri) {
        buf_adds(&w.out, o->uri);
        w.has_option = strchr(o->uri, '?') != NULL;
        add_options(&w, o);
    } else {
        add_place(&w, kind, o);
        add_options(&w, o);
    }
    const char *text = arena_str(a, buf_str(&w.out));
    buf_release(&w.out);
    return text;
}

/* ---- what nobody shall see ------------------------------------------------------------------ */

/* The next part of @text from *@at on that may be a secret: between the first ":" of the person and
   the last "@" of all, and the values of options whose names tell. */
static bool next_secret(struct str text, size_t *at, size_t *n)
{
    size_t scheme = str_find(text, ':');
    size_t start = scheme + 3, end = text.n;
    if (!str_starts(str_sub(text, scheme), STR("://"))) {
        return false;
    }
    while (end > start && text.p[end - 1] != '@') {
        end--;
    }
    size_t colon = start + str_find(str_sub(text, start), ':');
    if (end > start && colon < end - 1 && *at <= colon) {
        *at = colon + 1;
        *n = end - 1 - *at;
        return true;
    }
    size_t from = *at > end ? *at : end;
    for (;;) {
        from += str_find(str_sub(text, from), '=');
        if (from >= text.n) {
            return false;
        }
        size_t name = from;
        while (name > end && !strchr("?&", text.p[name - 1])) {
            name--;
        }
        from++;
        if (holds_secret((struct str){text.p + name, from - 1 - name})) {
            *at = from;
            *n = str_find(str_sub(text, from), '&');
            return true;
        }
    }
}

const char *engine_address_masked(struct arena *a, const char *text)
{
    struct str s = str_of(text);
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    size_t done = 0, at = 0, n = 0;
    while (next_secret(s, &at, &n)) {
        buf_add_str(&b, (struct str){s.p + done, at - done});
        buf_adds(&b, "***");
        done = at = at + n;
    }
    buf_add_str(&b, str_sub(s, done));
    const char *masked = arena_str(a, buf_str(&b));
    buf_release(&b);
    return masked;
}

void engine_address_blot(char *text)
{
    struct str s = str_of(text);
    size_t at = 0, n = 0;
    while (next_secret(s, &at, &n)) {
        memset(text + at, '*', n);
        at += n;
    }
}
