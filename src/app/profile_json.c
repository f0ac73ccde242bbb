#include "app/people_inside.h"
#include "base/json.h"

#define PROFILE_DEPTH 8

struct member {
    const char *key;
    const char *value;
};

const char *profile_write(struct arena *a, const char *old, const struct people_user_fields *in)
{
    const struct member members[] = {
        {"firstName", in->first_name}, {"lastName", in->last_name}, {"team", in->team}};
    json_t *doc = NULL;
    if (!old || doc_parse(a, str_of(old), PROFILE_DEPTH, &doc, NULL) != ERR_OK ||
        !json_is_object(doc)) {
        doc = doc_tie(a, json_object());
    }
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (members[i].value) {
            json_object_set_new(doc, members[i].key, json_string(members[i].value));
        }
    }
    return doc_dump(a, doc, true);
}

/* The last word of the one name is the last name. */
static void split_name(struct arena *a, const char *name, struct people_profile *out)
{
    const char *space = name ? strrchr(name, ' ') : NULL;
    out->first_name = space ? arena_strndup(a, name, (size_t)(space - name)) : name;
    out->last_name = space ? space + 1 : NULL;
}

struct people_profile people_profile_read(struct arena *a, const struct user *u)
{
    struct people_profile p = {0};
    json_t *doc = NULL;
    if (u->settings && doc_parse(a, str_of(u->settings), PROFILE_DEPTH, &doc, NULL) == ERR_OK) {
        p.first_name = json_string_value(json_object_get(doc, "firstName"));
        p.last_name = json_string_value(json_object_get(doc, "lastName"));
        p.team = json_string_value(json_object_get(doc, "team"));
    }
    if (!p.first_name && !p.last_name) {
        split_name(a, u->name, &p);
    }
    return p;
}
