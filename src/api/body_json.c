#include "api/inside.h"

#define MEDIA_JSON "application/json"

/* "application/json" or "application/…+json", whatever its parameters. */
static bool is_json(struct str type)
{
    static const struct str suffix = {"+json", 5};
    struct str name = str_trim((struct str){type.p, str_find(type, ';')});
    if (str_eq_nocase(name, STR(MEDIA_JSON))) {
        return true;
    }
    return name.n > suffix.n && str_eq_nocase((struct str){name.p, 12}, STR("application/")) &&
           str_eq_nocase(str_sub(name, name.n - suffix.n), suffix);
}

static enum errcode check_media(struct request *r, struct error *err)
{
    struct str type = request_header(r, "Content-Type");
    if (type.p && is_json(type)) {
        return ERR_OK;
    }
    ERROR(err, ERR_UNSUPPORTED_MEDIA, "the body must be JSON");
    return error_hint(err, "send Content-Type: " MEDIA_JSON);
}

enum errcode body_read(const struct api *api, struct call *c, struct str *text, struct error *err)
{
    bool is_optional = c->route->body == BODY_OPTIONAL;
    json_t *doc = NULL;
    if (c->route->body != BODY_JSON && !is_optional) {
        return ERR_OK;
    }
    if (request_length(c->request) == 0) {
        return is_optional ? ERR_OK : ERROR(err, ERR_MALFORMED, "the body is missing");
    }
    TRY(check_media(c->request, err));
    TRY(request_body(c->request, api->max_body, text, err));
    if (text->n == 0) {
        return is_optional ? ERR_OK : ERROR(err, ERR_MALFORMED, "the body is missing");
    }
    TRY(doc_parse(c->arena, *text, api->max_depth, &doc, err));
    c->body = doc;
    return ERR_OK;
}
