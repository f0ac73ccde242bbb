#pragma once

#include <microhttpd.h>
#include <netinet/in.h>

#include "base/uuid.h"
#include "http/headers.h"
#include "http/http.h"
#include "http/server.h"

/*
 * The inside of a request, for http/ alone. It is held by the library (until it says that the
 * request is completed), by the fiber, and by the answer that the library sends; the last one gives
 * it back to its home. Everything happens on the thread of that home's loop.
 */

struct wire;

/* How far the library is with it. */
enum phase {
    PHASE_NEW = 0, /* the address is known, the headers are not */
    PHASE_HEADERS, /* the handler runs and may still refuse the body */
    PHASE_BODY,    /* the body comes */
    PHASE_END,     /* everything has come */
    PHASE_ANSWER,  /* the library has the answer */
    PHASE_N
};

/* What a parked fiber waits for. */
enum want { WANT_NOTHING = 0, WANT_BODY, WANT_OUTPUT };

struct response_line {
    const char *name, *value;
};

struct request {
    struct http_home *home;
    struct request *next, *previous; /* in home->live while the library holds it */
    int holds;
    struct arena *arena;

    struct MHD_Connection *connection; /* these two go when the library is done with it */
    struct wire *wire;
    int fd;
    enum phase phase;
    bool is_suspended; /* the library leaves it alone until it is resumed */
    bool was_suspended;
    bool is_brief; /* it waits, and the library asks for it in each of its runs */
    bool is_due;   /* the same, and that call has something to do */
    int64_t brief_until;
    bool is_gone;      /* nobody will read an answer: every verb fails */
    bool is_broken;    /* gone since its body could not be read */
    bool closes_early; /* answered before everything had come */

    struct fiber *fiber; /* NULL before it starts and when it is done */
    enum fiber_state state;
    enum want want;

    const char *target_end; /* where the library's copy of the address ends */
    char id[UUID_TEXT + 32];
    char peer[INET6_ADDRSTRLEN];
    const char *method;
    struct str path, query;
    struct header *headers;
    size_t n_headers;
    struct framing framing;
    bool is_head, is_http10;

    bool is_gathered; /* the body is small and comes whole before the handler runs */
    bool has_all;     /* the end of the body has come */
    bool is_read;     /* the gathered body was handed out */
    struct buf body;  /* what is gathered */
    struct buf lent;  /* a piece of the body */
    struct str piece; /* the same, until the fiber takes it */
    int64_t drained;  /* bytes of it that were thrown away */
    struct loop_timer drain_timer;

    int status;
    struct response_line *lines;
    size_t n_lines;
    struct buf held;  /* the answer until it is sent or streamed */
    size_t held_sent; /* of it, when streamed */
    struct str fixed; /* the answer's body, when it never goes away */
    int64_t written;
    bool is_streaming; /* status and headers are decided */
    bool is_aborted;
    char *room; /* where the fiber may write now */
    size_t room_n, room_cap;
};

/*
 * A connection's pool holds the header block, the library's list of the headers, and then the head
 * of the answer.
 */
#define POOL_PER_HEADER 64
#define POOL_HEADERS    2328 /* the list of some 36 headers, more when the block is short */
#define POOL_ANSWER     2048

/* A body up to this size is gathered before the handler runs. */
#define BODY_GATHERED 65536

/* ---- life (request.c) -------------------------------------------------------------------- */

/** request_new() - with one hold, the library's; @target as sent. */
struct request *request_new(struct wire *wire, struct MHD_Connection *connection,
                            const char *target);
static inline void request_hold(struct request *r)
{
    r->holds++;
}
void request_drop(struct request *r);
/** request_library_is_lenient() - is it the one before 1.0, which takes what must be refused here?
 *  What it refuses itself when it is strict is no more, and answered with two heads. */
bool request_library_is_lenient(void);
/** request_begin() - take the headers over. Errors: those of headers_check(), ERR_TOO_LARGE for
 * more headers than allowed. */
enum errcode request_begin(struct request *r, const char *method, const char *version,
                           struct error *err) MUST_CHECK;
/** request_free() - one that is in nobody's hands. */
void request_free(struct request *r);
/** request_park() - in its fiber: wait until the library has what it wants. */
void request_park(struct request *r, enum want want);

/* ---- running (connection.c) -------------------------------------------------------------- */

/** request_run() - let the fiber go on; it may be done, and the request gone, afterwards. */
void request_run(struct request *r);
void request_suspend(struct request *r);
/** request_settle() - resume a suspended one whose fiber waits for nothing but the library. */
void request_settle(struct request *r);
/** request_leave() - nobody reads the answer: end waits, let every verb fail. */
void request_leave(struct request *r);

/* ---- waits that are short (brief.c) ------------------------------------------------------- */

/*
 * To suspend a connection the library takes it out of its epoll; resumed, it is read once in vain
 * and put back: three system calls, as much as a short answer costs otherwise. So a request whose
 * everything has come is not suspended at once: when no answer is queued in its last call, the
 * library makes that call again in its next run. It would not let the loop wait meanwhile, so the
 * home keeps count of what else the library may have to do (home_stir()), and waits when that is
 * nothing. Were the count ever wrong, the library would be late by LATE_US (server.c).
 */

/** brief_wait() - in the last call, whose fiber waits: wait on, and when that takes long, suspend.
 */
void brief_wait(struct request *r);
/**
 * brief_gather() - in the last call, whose fiber waits for nothing: its answer is queued in the
 * library's next run, which follows at once; false when there are too many
 *
 * So the answers of a run leave in a row when all its requests are done. A client or proxy on this
 * machine is woken by the first one and not by each, and neither side's code has to come back into
 * the caches for each.
 */
bool brief_gather(struct request *r);
/** brief_ripen() - what @r waited for, if it did, has come: the library runs in this turn. */
void brief_ripen(struct request *r);
/** brief_called() - the library makes the last call. */
void brief_called(struct request *r);
/** brief_end() - also of one that does not wait so. */
void brief_end(struct request *r);
/** brief_is_all() - the library has nothing to do but to ask for those that wait, in vain. */
bool brief_is_all(const struct http_home *home);

/* ---- answering (answer.c) ---------------------------------------------------------------- */

/** answer_queue() - give the answer to the library. */
enum MHD_Result answer_queue(struct request *r);
/** answer_refuse() - make @err the answer, as plain text. */
void answer_refuse(struct request *r, const struct error *err);
/** answer_past() - write the answer to the socket past the library, which takes none in the middle
 *  of a body; the connection must be closed then. */
void answer_past(struct request *r);
