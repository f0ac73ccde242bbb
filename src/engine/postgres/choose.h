#pragma once

#include "engine/postgres/lane.h"

/*
 * Which lane a question goes to. The questions of a turn keep together: each lane that has some
 * costs a write, a read and a switch of processes at the server. Only when a lane has enough work
 * before a question is another one used.
 *
 * That is so for the questions of one namespace. Those of many are kept apart: each namespace has a
 * lane where it is at home, for what a server's process knows of it (prepared statements, plans,
 * the descriptions of its tables) is worth more than a write. A thousand of them on one lane would
 * be planned anew for each question. The home is the lane of the highest weight, which hashes both,
 * so a lane that comes or goes moves only those whose home it is.
 */
#define SHARE_US 1500  /* of work before a question on its lane is enough */
#define HOME_US  6000  /* and where it is of others, and the lane the question's home */
#define SEGMENTS 2     /* sent on a lane; what comes meanwhile is gathered for the next one */
#define SLOW_US  10000 /* then a statement has its lane for itself */

struct choice {
    struct lane *shared;  /* the best one in use, NULL = none takes it */
    struct lane *empty;   /* the best one that nobody uses */
    bool is_shared_right; /* also when there is an empty one */
};

/** lane_choose() - both for @call; without an empty one the shared one is right, too. */
struct choice lane_choose(const struct pipelines *p, const struct call *call, int64_t now_us);
/** lane_is_free() - it is ready and has nothing. */
bool lane_is_free(const struct lane *l);
/** lane_is_slow() - what it has takes long: nobody new goes there. */
bool lane_is_slow(const struct lane *l, int64_t now_us);
/** lane_must_reset() - it is another one's, and forgets everything before it serves @place. */
bool lane_must_reset(const struct lane *l, const struct pg_place *place);
/** lane_may_gather() - the server has enough to do on it: what is gathered would only wait there
 *  instead of here. */
bool lane_may_gather(const struct lane *l);
