#include "api/custom/export_json.h"

/* A text as it is, a number as its digits, filters as JSON text. */
static enum errcode decode_member(struct arena *a, const char *name, const json_t *member,
                                  struct str *out, struct error *err)
{
    bool is_filter = text_eq(name, "filters") && (json_is_object(member) || json_is_array(member));
    if (is_filter) {
        *out = str_of(doc_dump(a, member, false));
    } else if (json_is_string(member)) {
        *out = (struct str){json_string_value(member), json_string_length(member)};
    } else if (json_is_integer(member)) {
        *out = str_of(arena_printf(a, "%lld", (long long)json_integer_value(member)));
    } else {
        (void)ERROR(err, ERR_INVALID, "\"%s\" is a text", name);
        return error_where(err, "/%s", name);
    }
    return ERR_OK;
}

enum errcode export_decode(struct call *c, struct str *format, struct export_request *in,
                           struct error *err)
{
    struct list_params *p = &in->params;
    const struct {
        const char *name;
        struct str *to;
    } rows[] = {{"format", format}, {"filters", &p->filters}, {"search", &p->search},
                {"sort", &p->sort}, {"order", &p->order},     {"fields", &p->fields},
                {"page", &p->page}, {"limit", &p->limit},     {"cursor", &p->cursor}};
    const char *keys[ARRAY_LEN(rows) + 1] = {0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        keys[i] = rows[i].name;
    }
    if (!c->body) {
        return ERR_OK;
    }
    if (!json_is_object(c->body)) {
        return ERROR(err, ERR_INVALID, "the body is an object");
    }
    TRY(doc_only(c->body, keys, err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const json_t *member = json_object_get(c->body, rows[i].name);
        if (!member || json_is_null(member)) {
            continue;
        }
        if (rows[i].to->p) {
            (void)ERROR(err, ERR_INVALID, "\"%s\" is in the address as well", rows[i].name);
            return error_where(err, "/%s", rows[i].name);
        }
        TRY(decode_member(c->arena, rows[i].name, member, rows[i].to, err));
    }
    return ERR_OK;
}
