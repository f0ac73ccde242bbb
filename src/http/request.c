#include "http/request.h"

#include <string.h>

#include "base/uuid.h"
#include "http/wire.h"

#define ARENA_KEPT  16384 /* of a request's arena, for the next request */
#define BUFFER_KEPT RESPONSE_HOLD
#define SPARE_MAX   256
#define ID_MAX      64

/* ---- life -------------------------------------------------------------------------------- */

static struct request *make(void)
{
    struct request *r = mem_alloc(sizeof *r);
    r->arena = arena_new();
    /* a reset keeps the first block, so the first one is made large */
    (void)arena_alloc(r->arena, ARENA_KEPT);
    arena_reset(r->arena);
    buf_init(&r->body, BODY_GATHERED);
    buf_init(&r->lent, BUF_MAX_DEFAULT);
    buf_init(&r->held, RESPONSE_HOLD);
    return r;
}

void request_free(struct request *r)
{
    arena_free(r->arena);
    buf_release(&r->body);
    buf_release(&r->lent);
    buf_release(&r->held);
    mem_free(r);
}

static void recycle_buffer(struct buf *b, size_t max)
{
    if (b->cap > BUFFER_KEPT + 1) {
        buf_release(b);
    }
    b->max = max;
    buf_clear(b);
}

/* As new, but for the memory that it keeps. */
static void recycle(struct request *r)
{
    arena_reset(r->arena);
    recycle_buffer(&r->body, BODY_GATHERED);
    recycle_buffer(&r->lent, BUF_MAX_DEFAULT);
    recycle_buffer(&r->held, RESPONSE_HOLD);
    *r = (struct request){.arena = r->arena, .body = r->body, .lent = r->lent, .held = r->held};
}

void request_drop(struct request *r)
{
    BUG_ON(r->holds <= 0);
    if (--r->holds > 0) {
        return;
    }
    struct http_home *home = r->home;
    if (home->n_spare == SPARE_MAX) {
        request_free(r);
        return;
    }
    recycle(r);
    r->next = home->spare;
    home->spare = r;
    home->n_spare++;
}

static struct request *take_spare(struct http_home *home)
{
    struct request *r = home->spare;
    home->spare = r->next;
    home->n_spare--;
    r->next = NULL;
    return r;
}

/* "http://host/path" is the same request as "/path". */
static struct str without_origin(struct str target)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (target.n >= schemes[i].n &&
            str_eq_nocase((struct str){target.p, schemes[i].n}, schemes[i])) {
            struct str rest = str_sub(target, schemes[i].n);
            return str_sub(rest, str_find(rest, '/'));
        }
    }
    return target;
}

struct request *request_new(struct wire *wire, struct MHD_Connection *connection,
                            const char *target)
{
    struct http_home *home = wire->home;
    struct request *r = home->spare ? take_spare(home) : make();
    r->home = home;
    r->wire = wire;
    r->fd = wire->fd;
    wire->request = r;
    r->holds = 1;
    r->connection = connection;
    r->status = 200;
    struct str sent = str_of(target ? target : "");
    r->target_end = target ? target + sent.n + 1 : NULL;
    struct str whole = without_origin((struct str){arena_str(r->arena, sent), sent.n});
    size_t path_n = str_find(whole, '?');
    r->path = (struct str){whole.p, path_n};
    r->query = path_n < whole.n ? str_sub(whole, path_n + 1) : (struct str){NULL, 0};
    r->next = home->live;
    if (r->next) {
        r->next->previous = r;
    }
    home->live = r;
    return r;
}

/* ---- taking the headers over ------------------------------------------------------------- */

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                  size_t name_n, const char *value, size_t value_n)
{
    struct request *r = cls;
    (void)kind;
    r->headers[r->n_headers++] =
        (struct header){{name, name_n}, {value ? value : name + name_n, value ? value_n : 0}};
    return MHD_YES;
}

static struct str copy_text(char **to, struct str s)
{
    char *copy = *to;
    memcpy(copy, s.p, s.n);
    *to += s.n + 1; /* the arena's memory is zeroed, so every copy ends with a NUL */
    return (struct str){copy, s.n};
}

/* The library's memory goes with the connection, the request may outlive it. */
static void copy_headers(struct request *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        n += r->headers[i].name.n + r->headers[i].value.n + 2;
    }
    char *to = arena_alloc(r->arena, n);
    for (size_t i = 0; i < r->n_headers; i++) {
        r->headers[i].name = copy_text(&to, r->headers[i].name);
        r->headers[i].value = copy_text(&to, r->headers[i].value);
    }
}

static bool is_good_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        char lower = (char)(c | 0x20);
        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' &&
            c != '-') {
            return false;
        }
    }
    return s.n > 0 && s.n <= ID_MAX;
}

static void choose_id(struct request *r)
{
    struct str wanted = request_header(r, "X-Request-Id");
    if (is_good_id(wanted)) {
        memcpy(r->id, wanted.p, wanted.n);
        r->id[wanted.n] = '\0';
        return;
    }
    uuid_make(r->id);
}

bool request_library_is_lenient(void)
{
    return MHD_get_version()[0] == '0';
}

/* No bare line feed, folded line or NUL? @end is behind the header block in the library's memory.
 */
static bool is_whole(const struct request *r, const char *version, const char *end)
{
    static const size_t version_n = sizeof "HTTP/1.1" - 1;
    if (!request_library_is_lenient()) {
        return true;
    }
    return version == r->target_end && version[version_n] == '\0' &&
           version[version_n + 1] == '\0' &&
           headers_are_whole(version + version_n + 2, r->headers, r->n_headers, end);
}

static bool is_visible(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* The answer's head is built in what the request leaves of the connection's pool; when it does not
 * fit, the library closes the connection without a word. */
static bool fits(const struct request *r, size_t block_n)
{
    size_t limit = (size_t)r->home->server->settings.max_header_bytes;
    return block_n <= limit && r->n_headers * POOL_PER_HEADER <= limit - block_n + POOL_HEADERS;
}

enum errcode request_begin(struct request *r, const char *method, const char *version,
                           struct error *err)
{
    struct MHD_Connection *c = r->connection;
    size_t block_n =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    memcpy(r->peer, r->wire->peer, sizeof r->peer);
    int n = MHD_get_connection_values_n(c, MHD_HEADER_KIND, NULL, NULL);
    r->headers = ARENA_ARRAY(r->arena, (size_t)n, struct header);
    MHD_get_connection_values_n(c, MHD_HEADER_KIND, add_header, r);
    bool whole = is_whole(r, version, method + block_n);
    copy_headers(r);
    choose_id(r);
    r->method = arena_strdup(r->arena, method);
    r->is_head = text_eq(method, "HEAD");
    r->is_http10 = text_eq(version, "HTTP/1.0");
    if (!whole) {
        return ERROR(err, ERR_MALFORMED, "a line of the header block does not end with CR LF");
    }
    if (!is_visible(r->path) || !is_visible(r->query)) {
        return ERROR(err, ERR_MALFORMED, "a space or a control character in the address");
    }
    if (!fits(r, block_n)) {
        return ERROR(err, ERR_TOO_LARGE, "the header block is over its limit");
    }
    return headers_check(r->headers, r->n_headers, r->is_http10, &r->framing, err);
}

/* ---- looking at it ----------------------------------------------------------------------- */

struct arena *request_arena(struct request *r)
{
    return r->arena;
}

const char *request_id(const struct request *r)
{
    return r->id;
}

const char *request_method(const struct request *r)
{
    return r->method;
}

struct str request_path(const struct request *r)
{
    return r->path;
}

struct str request_query(const struct request *r)
{
    return r->query;
}

struct str request_header(const struct request *r, const char *name)
{
    const struct header *h = headers_find(r->headers, r->n_headers, name);
    return h ? h->value : (struct str){NULL, 0};
}

size_t request_headers(const struct request *r, const char *name)
{
    return headers_count(r->headers, r->n_headers, name);
}

const char *request_peer(const struct request *r)
{
    return r->peer;
}

int64_t request_length(const struct request *r)
{
    return r->framing.length;
}

/* ---- its body ---------------------------------------------------------------------------- */

void request_park(struct request *r, enum want want)
{
    r->want = want;
    fiber_park();
    r->want = WANT_NOTHING;
}

static enum errcode refuse_read(const struct request *r, struct error *err)
{
    if (r->is_broken) {
        return ERROR(err, ERR_MALFORMED, "the body cannot be read");
    }
    return ERROR(err, ERR_CANCELLED, "the client is gone");
}

enum errcode request_read(struct request *r, struct str *piece, struct error *err)
{
    if (r->is_gathered && !r->is_read) {
        r->is_read = true;
        *piece = buf_str(&r->body);
        return ERR_OK;
    }
    if (r->is_streaming || r->drained > 0) {
        return ERROR(err, ERR_CANCELLED, "the answer has begun, the body is thrown away");
    }
    while (r->piece.n == 0 && !r->has_all) {
        if (r->is_gone) {
            return refuse_read(r, err);
        }
        request_park(r, WANT_BODY);
    }
    *piece = r->piece;
    r->piece = (struct str){NULL, 0};
    return ERR_OK;
}

enum errcode request_body(struct request *r, size_t max, struct str *out, struct error *err)
{
    if (r->framing.length > 0 && (size_t)r->framing.length > max) {
        return ERROR(err, ERR_TOO_LARGE, "the body has more than %zu bytes", max);
    }
    if (!r->is_gathered) {
        r->body.max = max;
        for (;;) {
            struct str piece;
            TRY(request_read(r, &piece, err));
            if (piece.n == 0) {
                break;
            }
            if (piece.n > max - r->body.n) {
                return ERROR(err, ERR_TOO_LARGE, "the body has more than %zu bytes", max);
            }
            buf_add_str(&r->body, piece);
        }
    }
    *out = (struct str){buf_text(&r->body), r->body.n};
    return ERR_OK;
}
