#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* How the schema of a namespace is made: the statements as texts. */
struct pg_making {
    const char *schema;
    bool has_role;       /* a role of the same name reads and writes its rows */
    bool is_role_there;  /* … and is there already */
    bool is_distributed; /* Citus, where it is there, places the schema on one of its nodes */
};

/** pg_making_texts() - each a statement at the top level, in one transaction; in @a. */
const char **pg_making_texts(struct arena *a, const struct pg_making *m, size_t *n);
