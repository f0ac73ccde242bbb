#pragma once

#include "engine/postgres/pipeline.h"
#include "engine/postgres/times.h"
#include "loop/loop.h"

/*
 * The insides of the pipelines: everything here belongs to one loop's thread. A call is one fiber's
 * question, a lane one shared connection, a slot the place of one question in a lane.
 */
#define LANE_DEPTH 64  /* questions at once; fewer than STATEMENTS_MAX */
#define UNKNOWN_US 500 /* of work, is what a question that was never asked counts */
#define CALL_TRIES 8   /* of one question: several connections may have died unseen */

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
    int n_shared;  /* questions of its segment, once that is sent */
    uint64_t hash; /* of the text; 0 = a switch */
    int64_t us;    /* of work, as far as that was known when it was sent */
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
    uint64_t seat; /* its number among those of its owner */
    struct pg_conn *conn;
    struct loop_watch watch;
    enum lane_state state;
    struct pg_place *place;  /* who its session is set up for, NULL = nobody */
    struct pg_place *now;    /* and for whom behind what was sent of the current segment */
    struct pg_place *lately; /* the only one of the last segment, NULL = there were several */
    bool is_mixed;           /* the current segment has several */
    struct slot *first, *last;
    int n;                         /* slots */
    int n_segments;                /* sent and not ended */
    int64_t work_us;               /* of its slots, as far as it is known */
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
    int64_t read_us;               /* when was it read last */
    int64_t idle_us;
    uint64_t heard[2 * LANE_DEPTH]; /* what was answered of the first segment: slots' hashes */
    size_t n_heard;
};

struct pipelines {
    struct postgres_engine *engine;
    struct loop *loop;
    int index;
    struct lane *lanes;
    struct lane *gathering; /* the one that took the last question, NULL = it is gone */
    int n_opening;
    bool is_crowded; /* statements of one had to leave for others: there are too few lanes */
    struct turns waiting;
    struct loop_ending flush;
    struct loop_timer tick;
    struct slot *spare;
    atomic_bool is_yielding;
    bool is_closing;
    struct times times;
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
