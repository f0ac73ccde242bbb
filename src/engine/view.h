#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A read-only view, said in nouns; the driver says it in its own words. It shows the rows of @table
 * with what one row of @joined adds to each (NULLs where there is none), and in one column more the
 * texts of all rows of a third table that belong to it, in order, one behind the other.
 */
struct view_column {
    const char *name; /* in the view */
    const char *column;
    bool is_joined; /* of @joined, else of @table */
};

struct engine_view {
    const char *name;
    const char *table, *key;         /* table.key … */
    const char *joined, *joined_key; /* … is what joined.joined_key refers to */
    const struct view_column *columns;
    size_t n_columns;
    struct {
        const char *name; /* in the view */
        const char *table, *key, *column, *order;
        const char *between; /* two texts */
    } texts;
};
