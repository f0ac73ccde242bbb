#include "base/map.h"

#include <stdint.h>

#include "base/hash.h"

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static uint64_t hash_key(const struct map *m, struct str key)
{
    if (!m->fold_case) {
        return hash64(key);
    }
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < key.n; i++) {
        h = (h ^ (unsigned char)fold(key.p[i])) * 1099511628211u;
    }
    return h;
}

static bool same(const struct map *m, struct str a, struct str b)
{
    return m->fold_case ? str_eq_nocase(a, b) : str_eq(a, b);
}

/* Slots hold index + 1; 0 is free. Linear probing, at most half full. */
static size_t find_slot(const struct map *m, struct str key)
{
    size_t i = hash_key(m, key) & (m->n_slots - 1);
    while (m->slots[i] != 0 && !same(m, m->entries[m->slots[i] - 1].key, key)) {
        i = (i + 1) & (m->n_slots - 1);
    }
    return i;
}

void map_init(struct map *m, struct arena *a, bool fold_case)
{
    *m = (struct map){.arena = a, .fold_case = fold_case};
}

static const struct map_entry *find(const struct map *m, struct str key)
{
    if (m->n_slots == 0) {
        return NULL;
    }
    size_t i = find_slot(m, key);
    return m->slots[i] ? &m->entries[m->slots[i] - 1] : NULL;
}

void *map_get(const struct map *m, struct str key)
{
    const struct map_entry *e = find(m, key);
    return e ? e->value : NULL;
}

bool map_has(const struct map *m, struct str key)
{
    return find(m, key) != NULL;
}

static void grow(struct map *m)
{
    m->n_slots = m->n_slots ? m->n_slots * 2 : 16;
    m->slots = ARENA_ARRAY(m->arena, m->n_slots, unsigned);
    for (size_t i = 0; i < m->n; i++) {
        m->slots[find_slot(m, m->entries[i].key)] = (unsigned)i + 1;
    }
}

void *map_put(struct map *m, struct str key, void *value)
{
    if ((m->n + 1) * 2 > m->n_slots) {
        grow(m);
    }
    size_t i = find_slot(m, key);
    if (m->slots[i] != 0) {
        struct map_entry *e = &m->entries[m->slots[i] - 1];
        void *old = e->value;
        e->value = value;
        return old;
    }
    struct map_entry e = {.key = {arena_str(m->arena, key), key.n}, .value = value};
    ARENA_PUSH(m->arena, m->entries, m->n, e);
    m->slots[i] = (unsigned)m->n;
    return NULL;
}
