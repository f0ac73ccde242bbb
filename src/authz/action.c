#include "authz/action.h"

#include "base/attr.h"

#define SCHEMA    ACTION_IS_SCHEMA
#define DATA      ACTION_IS_DATA
#define PLATFORM  ACTION_IS_PLATFORM
#define RESERVED  ACTION_IS_RESERVED
#define UNLIMITED ACTION_IS_UNLIMITED
#define TENANT    ACTION_IS_TENANT

static const struct action_row rows[] = {
    [ACTION_NONE] = {"", 0, "nothing"},
    [ACTION_PUBLIC] = {"public", 0, "open to everybody"},
    [ACTION_SIGNED_IN] = {"signed-in", 0, "open to everybody who is signed in"},
#define ACTION(symbol_, slug_, flags_, meaning_) [ACTION_##symbol_] = {slug_, flags_, meaning_},
#include "authz/actions.def"
#undef ACTION
};

_Static_assert(ARRAY_LEN(rows) == ACTION_N, "every action has a row");

const struct action_row *action_row(enum action action)
{
    return &rows[action < ACTION_N ? action : ACTION_NONE];
}

enum action action_by_slug(struct str slug)
{
    for (size_t i = ACTION_SIGNED_IN + 1; i < ACTION_N; i++) {
        if (str_is(slug, rows[i].slug)) {
            return (enum action)i;
        }
    }
    return ACTION_NONE;
}
