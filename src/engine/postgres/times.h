#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * How long the server needs for a statement, by the hash of its text: a guess that is made from
 * outside, where the time of the server and the time until a busy loop looks at its answers are one
 * number. So a guess falls fast and rises slowly: what was answered in 100 µs once does not need a
 * millisecond because the loop was late. What is known to be heavy was not misjudged for that
 * reason, and is forgiven slowly.
 */
#define HEAVY_US    4000 /* such a statement shares its connection with nobody */
#define LEAST_US    10   /* no guess is below: many answers may be read at once */
#define KNOWN_TIMES 1024

struct times {
    uint32_t round; /* of times_took() */
    struct {
        uint32_t hash; /* its other half is the place */
        uint32_t us;
        uint32_t round; /* that changed it last */
    } known[KNOWN_TIMES];
};

/** times_of() - of one statement of @hash; 0 = not known. */
int64_t times_of(const struct times *t, uint64_t hash);
/** times_took() - the @n statements of @hashes were answered one behind the other, all within
 *  @us: each has its share, by what is known of them. */
void times_took(struct times *t, const uint64_t *hashes, size_t n, int64_t us);
/** times_runs() - one of @hash alone has run for @us and goes on. */
void times_runs(struct times *t, uint64_t hash, int64_t us);
