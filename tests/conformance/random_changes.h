#pragma once

#include "change/change.h"
#include "engine/engine.h"

/* Random tables and changes over few names, so that they meet; a seed tells the whole run. */
struct random {
    struct arena *arena;
    uint32_t seed;
    const struct catalog *now;      /* what lists are tried against */
    const struct engine_caps *caps; /* nothing is made that the engine cannot do */
    bool is_strict;
    bool takes_text;        /* the engine has a language: SQL */
    struct catalog *latest; /* strict only: after the list so far */
};

/** random_table() - an engine other than SQLite keeps the values of a dropped column by the table's
 *  key, and its foreign keys want one type on both sides: @is_strict tables are made so. */
struct table *random_table(struct random *r);
struct change random_change(struct random *r);
/** random_extend() - @list with @c at its end, when that is valid against r->now. Of a strict
 *  @r the maker unrefs r->latest. */
bool random_extend(struct random *r, struct change_list *list, struct change c);
