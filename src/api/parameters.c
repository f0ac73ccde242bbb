#include <string.h>

#include "api/inside.h"

const char *call_param(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->match->n; i++) {
        if (text_eq(c->match->names[i], name)) {
            return c->match->values[i];
        }
    }
    BUG_ON("a handler asks for a parameter that its pattern has not");
    return "";
}

struct str call_query(const struct call *c, const char *name)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < c->n_query; i++) {
        if (str_eq(c->query[i].name, wanted)) {
            struct str value = c->query[i].value;
            return value.p ? value : STR(""); /* given, but empty */
        }
    }
    return (struct str){0};
}

static enum errcode refuse(struct error *err, struct str name, const char *why)
{
    struct buf where;
    buf_init(&where, BUF_MAX_DEFAULT);
    buf_adds(&where, "/query");
    AUTO(arena_freep) struct arena *a = arena_new();
    doc_pointer_token(&where, arena_str(a, name));
    enum errcode code = ERROR(err, ERR_INVALID_PARAMETER, "the parameter \"%.*s\" %s",
                              (int)(name.n < 64 ? name.n : 64), name.p, why);
    (void)error_where(err, "%s", buf_text(&where));
    buf_release(&where);
    return code;
}

enum errcode call_flag(const struct call *c, const char *name, bool *out, struct error *err)
{
    struct str value = call_query(c, name);
    *out = str_is(value, "true") || str_is(value, "1");
    if (!value.p || *out || str_is(value, "false") || str_is(value, "0")) {
        return ERR_OK;
    }
    return refuse(err, str_of(name), "is true or false");
}

static bool is_named(const char *names, struct str name)
{
    struct str rest = str_of(names), one;
    while (str_split(&rest, ' ', &one)) {
        if (str_is(one, "*") || (name.n > 0 && str_eq(one, name))) {
            return true;
        }
    }
    return false;
}

enum errcode query_check(const struct call *c, struct error *err)
{
    for (size_t i = 0; i < c->n_query; i++) {
        if (!is_named(c->route->query, c->query[i].name)) {
            return refuse(err, c->query[i].name, "is not known here");
        }
        for (size_t j = 0; j < i; j++) {
            if (str_eq(c->query[i].name, c->query[j].name)) {
                return refuse(err, c->query[i].name, "is given twice");
            }
        }
    }
    return ERR_OK;
}
