#pragma once

#include "engine/postgres/pipeline.h"
#include "loop/loop.h"

/*
 * The insides of the pipelines: everything here belongs to one loop's thread. A call is one fiber's
 * question, a lane one shared connection, a slot the place of one question in a lane.
 */
#define LANE_DEPTH 64 /* questions at once; fewer than STATEMENTS_MAX */

struct call {
    struct turn turn; /* first; waits for a lane */
    struct pg_place *place;
    struct str text;
    const struct pg_params *params;
    uint64_t hash; /* of text, for what is known about its time */
    bool is_plain;
    bool is_suspect; /* it may fail or take long: it shares its segment with nobody */
    int n_tries;
    struct slot *slot; /* where it is under way */
    struct gate gate;
    PGresult *result;
    enum errcode code;
    struct error *err;
};

struct slot {
    struct slot *next;
    struct call *call;            /* NULL = nobody waits for it (any more) */
    const struct pg_place *place; /* of a switch: to whom; else NULL */
    struct pg_statement *making;  /* prepared by it, until that is known to be done */
    uint64_t number;              /* of the statement that it runs, 0 = none is kept */
    int n_commands, n_done, making_at;
    PGresult *result; /* the first failure, or the last result */
    bool is_aborted;  /* skipped by the server */
    bool ends_segment;
    int n_shared; /* questions of its segment, once that is sent */
};

enum lane_state {
    LANE_OPENING = 0,
    LANE_READY,
    LANE_SWITCHING, /* to another place; sure once its segment has ended well */
    LANE_RESETTING,
};

struct lane {
    struct lane *next;
    struct pipelines *owner;
    struct pg_conn *conn;
    struct loop_watch watch;
    enum lane_state state;
    struct pg_place *place;  /* who its session is set up for, NULL = nobody */
    struct pg_place *now;    /* and for whom behind what was sent of the current segment */
    struct pg_place *lately; /* the only one of the last segment, NULL = there were several */
    bool is_mixed;           /* the current segment has several */
    struct slot *first, *last;
    int n;                         /* slots */
    struct slot *gathered;         /* the first one that was sent since the last sync */
    bool must_write;               /* the socket takes no more for now */
    bool is_writing;               /* and is watched for when it does */
    bool is_tainted;               /* ran what may leave something behind */
    bool is_failing;               /* the current segment has a failure */
    bool is_heavy;                 /* what it has is known to take long */
    bool must_close;               /* once it is empty */
    PGresult *failure;             /* of a switch in the segment, */
    const struct pg_place *failed; /* and to whom */
    int64_t segment_us;            /* since when the first segment is the first */
    int64_t idle_us;
};

#define KNOWN_TIMES 1024

struct pipelines {
    struct postgres_engine *engine;
    struct loop *loop;
    int index;
    struct lane *lanes;
    int n_opening;
    struct turns waiting;
    struct loop_timer flush, tick;
    struct slot *spare;
    atomic_bool is_yielding;
    bool is_closing;
    struct {
        uint32_t hash;
        uint32_t us; /* a moving average */
    } times[KNOWN_TIMES];
};

/* lane.c */
/** lane_send() - @call goes out with the next flush; the lane is empty or serves its place. All
 *  four: false when the connection is lost. */
bool lane_send(struct lane *l, struct call *call);
/** lane_reset() - an empty lane forgets everything of its session. */
bool lane_reset(struct lane *l);
/** lane_flush() - end the segment and write. */
bool lane_flush(struct lane *l);
/** lane_read() - hand out what has come. */
bool lane_read(struct lane *l);
/** slot_orphan() - nobody waits for @s any more. */
void slot_orphan(struct slot *s);
/** lane_empty_out() - all slots leave; their calls (in order) are given to @fn, the statements they
 *  were to prepare are forgotten. */
void lane_empty_out(struct lane *l, void (*fn)(struct lane *l, struct call *call));

/* pipeline.c */
/** call_end() - its answer is there: the fiber goes on. */
void call_end(struct call *call, PGresult *result);
/** call_again() - it has to be asked once more, before all others of its place; or it has failed
 *  too often and ends with @code and the message. */
void call_again(struct pipelines *p, struct call *call);
/** time_known() - how long statements of @hash take; 0 = not known. */
int64_t time_known(const struct pipelines *p, uint64_t hash);
void time_learn(struct pipelines *p, uint64_t hash, int64_t us);
