#pragma once

#include <stdbool.h>

/*
 * A queue that is fair between groups: who waits stands in the line of its group, and the groups
 * with a line stand in a ring and have their turns one after the other. All memory is the callers'.
 */
struct turn {
    struct turn *next, *prev;
    struct turn_group *group; /* NULL = not waiting */
};

struct turn_group {
    struct turn *first, *last;
    struct turn_group *next, *prev; /* the ring, while it has a line */
};

struct turns {
    struct turn_group *ring; /* whose turn it is, NULL = nobody waits */
    int n;
};

void turns_push(struct turns *q, struct turn_group *g, struct turn *t);
/** turns_push_first() - before the others of its group: one that had its turn for nothing. */
void turns_push_first(struct turns *q, struct turn_group *g, struct turn *t);
void turns_remove(struct turns *q, struct turn *t);
/** turns_pop() - the first of @g, NULL when none waits. */
struct turn *turns_pop(struct turns *q, struct turn_group *g);
/** turns_pass() - the turn goes to the next group. */
void turns_pass(struct turns *q);
