#pragma once

#include "base/str.h"

/*
 * Actions: what a route or a use case asks for. All stand in actions.def. ACTION_PUBLIC and
 * ACTION_SIGNED_IN are no permissions: they stand in a route's row where none is needed.
 */
enum action {
    ACTION_NONE = 0, /* refused always: a row that forgot its action */
    ACTION_PUBLIC,
    ACTION_SIGNED_IN,
#define ACTION(symbol, slug, flags, meaning) ACTION_##symbol,
#include "authz/actions.def"
#undef ACTION
    ACTION_N
};

enum action_flag {
    ACTION_IS_SCHEMA = 1,
    ACTION_IS_DATA = 2,
    ACTION_IS_PLATFORM = 4,
    ACTION_IS_RESERVED = 8,
    ACTION_IS_UNLIMITED = 16,
    ACTION_IS_TENANT = 32,
};

struct action_row {
    const char *slug; /* "tables.create"; "public", "signed-in" for those two, "" for none */
    unsigned flags;
    const char *meaning;
};

/** action_row() - the row of @action; never NULL. */
const struct action_row *action_row(enum action action);

/** action_by_slug() - the action with this permission slug, ACTION_NONE when there is none. */
enum action action_by_slug(struct str slug);
