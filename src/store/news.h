#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * News: has any row of the tenants or of the registry been written, by whomever? What is kept of
 * them in memory is as it was for as long as the answer is no, so that a thousand tenants cost one
 * look every quarter of a second and not one each.
 *
 * Seen are rows whose updated_at is not older than a minute before the newest one, and how many
 * rows there are: the clocks of processes on one store may differ by that, and a transaction may
 * take that long. A row of the registry that goes and one that comes within the same look are seen
 * by the one that comes.
 */
#define NEWS_KEPT_US   INT64_C(250000)
#define NEWS_WINDOW_US INT64_C(60000000)

struct store;

#define NEWS_KINDS 2 /* tenants, registry */

/* What was seen of one table: all rows since then, as a sum that does not depend on their order. */
struct news_view {
    bool is_known;
    int64_t since;
    uint64_t sum;
    int64_t count;
};

struct news {
    pthread_mutex_t lock; /* of the views; never held across a read */
    struct news_view views[NEWS_KINDS];
    _Atomic uint64_t epoch;
    _Atomic int64_t checked_at; /* monotonic, when the last look began; 0 = never */
    _Atomic bool is_looking;    /* somebody looks before it is due */
};

void news_init(struct news *n);
void news_destroy(struct news *n);

/**
 * store_news() - *@epoch is another one when something may have been written, by another process
 * at most a quarter of a second ago
 *
 * Writes of this process are not told any sooner. Reads the store at most four times a second, in
 * one fiber as a rule; the others go on meanwhile. Errors: the engine's.
 */
enum errcode store_news(struct store *s, uint64_t *epoch, struct error *err) MUST_CHECK;
