#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * A hash map from text to pointer, living in an arena. Keys are copied. Insertion order is kept:
 * iterate by index. Removal is not offered: maps live as short as their arena.
 */
struct map {
    struct arena *arena;
    struct map_entry *entries;
    size_t n;
    unsigned *slots;
    size_t n_slots;
    bool fold_case; /* ASCII letters compare equal whatever their case */
};

struct map_entry {
    struct str key;
    void *value;
};

void map_init(struct map *m, struct arena *a, bool fold_case);
/** map_get() - the value under @key, or NULL. */
void *map_get(const struct map *m, struct str key);
/** map_has() - @key is in the map (its value may be NULL). */
bool map_has(const struct map *m, struct str key);
/** map_put() - set; returns the value that was there, or NULL. */
void *map_put(struct map *m, struct str key, void *value);
