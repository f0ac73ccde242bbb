#include "api/inside.h"

static bool is_scheme(struct str header, struct str scheme)
{
    return header.n > scheme.n && header.p[scheme.n] == ' ' &&
           str_eq_nocase((struct str){header.p, scheme.n}, scheme);
}

/* "Bearer SECRET"; anything else is not taken for nobody. */
static enum errcode read_bearer(struct request *r, struct str *out, struct error *err)
{
    struct str header = request_header(r, "Authorization");
    if (!header.p) {
        return ERR_OK;
    }
    if (is_scheme(header, STR("Bearer")) && request_headers(r, "Authorization") == 1) {
        *out = str_trim(str_sub(header, sizeof("Bearer ") - 1));
    }
    if (out->n == 0) {
        return ERROR(err, ERR_UNAUTHENTICATED, "Authorization is one header \"Bearer SECRET\"");
    }
    return ERR_OK;
}

static struct str read_cookie(struct request *r)
{
    struct str header = request_header(r, "Cookie");
    struct str pair;
    while (header.p && str_split(&header, ';', &pair)) {
        pair = str_trim(pair);
        if (str_starts(pair, STR(API_COOKIE "="))) {
            return str_sub(pair, sizeof(API_COOKIE "=") - 1);
        }
    }
    return (struct str){0};
}

enum errcode credentials_read(struct request *r, struct caller_credentials *out, struct error *err)
{
    struct str agent = request_header(r, "User-Agent");
    *out = (struct caller_credentials){
        .cookie = read_cookie(r),
        .tenant = request_header(r, "X-Telaio-Tenant"),
        .request_id = request_id(r),
        .address = request_peer(r),
        .agent = agent.p ? arena_str(request_arena(r), agent) : NULL,
    };
    return read_bearer(r, &out->bearer, err);
}
