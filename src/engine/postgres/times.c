#include "engine/postgres/times.h"

#define RISE 16 /* the part of the difference that a guess takes over: upwards, */
#define FALL 2  /* downwards, */
#define EVEN 8  /* and both ways where it is sure that the server takes long */

static uint32_t bounded(int64_t us)
{
    int64_t least = us < LEAST_US ? LEAST_US : us;
    return least > UINT32_MAX ? UINT32_MAX : (uint32_t)least;
}

static uint32_t other_half(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

int64_t times_of(const struct times *t, uint64_t hash)
{
    size_t i = hash % KNOWN_TIMES;
    return t->known[i].hash == other_half(hash) ? t->known[i].us : 0;
}

/* @us of one run; @part of the difference to what was known counts. */
static void learn(struct times *t, uint64_t hash, int64_t us, int part)
{
    size_t i = hash % KNOWN_TIMES;
    int64_t known = times_of(t, hash);
    t->known[i].hash = other_half(hash);
    t->known[i].us = bounded(known > 0 ? known + (us - known) / part : us);
}

static int part_of(int64_t known, int64_t us)
{
    if (known > HEAVY_US) {
        return EVEN;
    }
    return us < known ? FALL : RISE;
}

void times_took(struct times *t, const uint64_t *hashes, size_t n, int64_t us)
{
    int64_t mean = n > 0 ? us / (int64_t)n : 0;
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t known = times_of(t, hashes[i]);
        sum += known > 0 ? known : LEAST_US;
    }
    t->round++;
    for (size_t i = 0; i < n; i++) {
        size_t place = hashes[i] % KNOWN_TIMES;
        int64_t known = times_of(t, hashes[i]);
        if (t->known[place].round == t->round) {
            continue; /* many of one kind are one observation */
        }
        int64_t share = known > 0 ? us * known / sum : mean;
        learn(t, hashes[i], share, part_of(known, share));
        t->known[place].round = t->round;
    }
}

void times_runs(struct times *t, uint64_t hash, int64_t us)
{
    learn(t, hash, us, EVEN);
}
