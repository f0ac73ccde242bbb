#include <string.h>

#include "api/inside.h"
#include "base/hash.h"

/* First segments that are never the studio's. */
static const char *const roots[] = {"api",     "rest",   "openapi.json", "docs",
                                    "healthz", "readyz", "metrics",      "mcp"};

static bool is_ours(struct str path)
{
    struct str rest = str_sub(path, 1), segment = {rest.p, str_find(rest, '/')};
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        if (str_is(segment, roots[i])) {
            return true;
        }
    }
    return false;
}

/* Attributes whose value starts at the root get the base path in front. */
static const char *const attributes[] = {"href=\"/", "src=\"/", "content=\"/"};

static size_t attribute_at(struct str s)
{
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        if (str_starts(s, str_of(attributes[i]))) {
            return strlen(attributes[i]);
        }
    }
    return 0;
}

static struct str with_base(struct arena *a, struct str html, const char *base)
{
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < html.n;) {
        size_t n = attribute_at(str_sub(html, i));
        if (n == 0) {
            buf_addc(&out, html.p[i++]);
            continue;
        }
        buf_add(&out, html.p + i, n - 1); /* without the slash, which the base begins with */
        buf_adds(&out, base);
        i += n;
    }
    struct str made = {arena_str(a, buf_str(&out)), out.n};
    buf_release(&out);
    return made;
}

static const struct static_file *index_with_base(struct api *api, const struct static_file *plain)
{
    struct str html = {(const char *)plain->raw.p, plain->raw.n};
    struct str made = with_base(api->arena, html, api->base);
    struct static_file *f = ARENA_NEW(api->arena, struct static_file);
    *f = (struct static_file){
        .path = plain->path,
        .media_type = plain->media_type,
        .digest = sha256_hex(api->arena, made),
        .raw = {(const unsigned char *)made.p, made.n},
    };
    return f;
}

void page_prepare(struct api *api)
{
    api->policy = arena_printf(
        api->arena,
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "require-trusted-types-for 'script'; frame-ancestors %s; report-uri %sapi/csp-report",
        api->app->settings->text[SETTING_FRAME_ANCESTORS], api->base);
    const struct static_file *plain =
        api->studio ? static_find(api->studio, STR("/index.html")) : NULL;
    api->index = plain && !text_eq(api->base, "/") ? index_with_base(api, plain) : plain;
}

static void page_headers(const struct api *api, struct request *r)
{
    response_header(r, "X-Content-Type-Options", "nosniff");
    response_header(r, "Content-Security-Policy", api->policy);
    response_header(r, "Referrer-Policy", "same-origin");
    response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
    response_header(r, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
}

bool page_answer(const struct api *api, struct request *r, struct str path)
{
    const char *method = request_method(r);
    bool is_read = text_eq(method, "GET") || text_eq(method, "HEAD");
    if (!is_read || !api->index || path.n == 0 || is_ours(path)) {
        return false;
    }
    const struct static_file *f = static_find(api->studio, path);
    if (!f && str_starts(path, STR("/assets/"))) {
        return false; /* a file of another version, not a page */
    }
    page_headers(api, r);
    static_answer(r, f && !str_is(path, "/index.html") ? f : api->index);
    return true;
}
