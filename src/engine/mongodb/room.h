#pragma once

#include "engine/mongodb/core.h"

/*
 * A namespace as this process knows it: which database it is, the version of its structure, who is
 * in it.
 *
 * Structure is changed by one session alone; writers share. Both wait for each other in the order
 * they came, also across loops. Other processes are not kept out: MongoDB has no lock that would;
 * between them holds what the server promises for single documents and transactions.
 */
struct room_waiter {
    struct gate gate;
    bool is_alone;
    struct room_waiter *next;
};

struct room {
    const char *ns, *database;
    pthread_mutex_t lock; /* all below */
    int n_sharing;
    bool is_taken;
    struct room_waiter *first, *last;
    /* version */
    bool is_known, exists;
    uint64_t version;
    int64_t looked_us, listed_us; /* monotonic: at collections, at indexes too */
    int64_t failed_us;            /* the server did not answer then, and not since; 0 = it does */
    bool is_asking;               /* one looks whether it is back */
    uint64_t indexes;             /* hash of all indexes when they were listed */
    uint64_t epoch;               /* counts our own changes */
    /* counting keys: the last number given, by table */
    struct arena *arena;
    struct map counters;
    struct map inferred; /* collection -> struct inferred, see infer.h */
};

/** room_find() - the room of @ns. Errors: ERR_INVALID (no name of a namespace, or too long). */
enum errcode room_find(struct mongo_engine *e, struct str ns, struct room **out,
                       struct error *err) MUST_CHECK;
void room_free(struct room *r);

void room_enter(struct room *r, bool alone);
void room_leave(struct room *r, bool alone);

/** room_look() - its version, from a moment ago or anew. Errors: ERR_NOT_FOUND, ERR_UNAVAILABLE. */
enum errcode room_look(struct mongo_engine *e, struct room *r, uint64_t *version,
                       struct error *err) MUST_CHECK;
/** room_changed() - we changed its structure: look anew next time. */
void room_changed(struct room *r);

/** room_number() - the next number for the counting key of @table: behind @max, the largest that is
 *  there, and behind every one that was given here. */
int64_t room_number(struct room *r, const char *table, int64_t max);
/** room_number_known() - a number of @table was given or seen here. */
bool room_number_known(struct room *r, const char *table);
/** room_number_forget() - somebody else counts too: @table is not known any more. */
void room_number_forget(struct room *r, const char *table);
/** room_number_seen() - @number was written by somebody; does nothing while none is known. */
void room_number_seen(struct room *r, const char *table, int64_t number);

/* The collection that marks a database as a namespace of ours. */
#define ROOM_MARK TELAIO_PREFIX "namespace"
