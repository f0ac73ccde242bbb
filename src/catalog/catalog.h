#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "catalog/table.h"

/*
 * A catalog: what one namespace of one source holds, read at one moment. Shared between threads
 * by reference count once built; nobody changes a published one. Apply works on a copy.
 */
struct catalog {
    struct arena *arena; /* owns all below */
    struct table **tables;
    size_t n_tables;
    struct map by_name;  /* folded name -> struct table */
    struct map by_exact; /* the same by its very name: some engines tell letters apart */
    uint64_t generation; /* engine_generation() at the time of reading */
    int refs;            /* atomic */
};

struct catalog *catalog_new(void) MUST_CHECK;
struct catalog *catalog_ref(struct catalog *c);
/** catalog_unref() - drops one reference; returns NULL. NULL is fine. */
struct catalog *catalog_unref(struct catalog *c);
void catalog_unrefp(struct catalog **c); /* for AUTO() */
/** catalog_copy() - a private deep copy with one reference. */
struct catalog *catalog_copy(const struct catalog *c) MUST_CHECK;

/** catalog_add_table() - @t (in c->arena) becomes part of @c. */
void catalog_add_table(struct catalog *c, struct table *t);
void catalog_remove_table(struct catalog *c, const struct table *t);
void catalog_rename_table(struct catalog *c, struct table *t, const char *name);
/** catalog_find_table() - the table called @name, else one whose name differs in case only. */
struct table *catalog_find_table(const struct catalog *c, struct str name);

/** catalog_referrers() - foreign keys of other tables (and itself) that point to @table:
 *  calls @fn for each. */
typedef void catalog_referrer_fn(struct table *from, struct foreign_key *fk, void *arg);
void catalog_each_referrer(const struct catalog *c, const char *table, catalog_referrer_fn *fn,
                           void *arg);

/** catalog_sorted_tables() - the user's tables by name, *@n of them; internal ones are left out. */
struct table **catalog_sorted_tables(struct arena *a, const struct catalog *c, size_t *n);

#define FINGERPRINT_HEX 64
/**
 * catalog_fingerprint() - SHA-256 (hex) of the structural form of the user's tables
 *
 * Internal tables, row estimates, presentation attributes and generated constraint names do not
 * count; table order does not count, column order does. Stable across restarts.
 */
char *catalog_fingerprint(struct arena *a, const struct catalog *c);
char *table_fingerprint(struct arena *a, const struct table *t);
