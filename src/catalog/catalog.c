#include "catalog/catalog.h"

struct catalog *catalog_new(void)
{
    struct arena *a = arena_new();
    struct catalog *c = ARENA_NEW(a, struct catalog);
    c->arena = a;
    c->refs = 1;
    map_init(&c->by_name, a, true);
    map_init(&c->by_exact, a, false);
    return c;
}

struct catalog *catalog_ref(struct catalog *c)
{
    __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
    return c;
}

struct catalog *catalog_unref(struct catalog *c)
{
    if (c && __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        arena_free(c->arena);
    }
    return NULL;
}

void catalog_unrefp(struct catalog **c)
{
    *c = catalog_unref(*c);
}

struct catalog *catalog_copy(const struct catalog *c)
{
    struct catalog *copy = catalog_new();
    copy->generation = c->generation;
    for (size_t i = 0; i < c->n_tables; i++) {
        catalog_add_table(copy, table_copy(copy->arena, c->tables[i]));
    }
    return copy;
}

void catalog_add_table(struct catalog *c, struct table *t)
{
    ARENA_PUSH(c->arena, c->tables, c->n_tables, t);
    map_put(&c->by_name, str_of(t->name), t);
    map_put(&c->by_exact, str_of(t->name), t);
}

/* Another table whose name differs in case only is then found under this one too. */
static void forget(struct catalog *c, const struct table *t)
{
    struct table *other = NULL;
    for (size_t i = 0; i < c->n_tables; i++) {
        bool same = c->tables[i] != t && str_eq_nocase(str_of(c->tables[i]->name), str_of(t->name));
        other = same ? c->tables[i] : other;
    }
    map_put(&c->by_name, str_of(t->name), other);
    map_put(&c->by_exact, str_of(t->name), NULL);
}

void catalog_remove_table(struct catalog *c, const struct table *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n_tables; i++) {
        if (c->tables[i] != t) {
            c->tables[kept++] = c->tables[i];
        }
    }
    c->n_tables = kept;
    forget(c, t);
}

void catalog_rename_table(struct catalog *c, struct table *t, const char *name)
{
    forget(c, t);
    t->name = arena_strdup(c->arena, name);
    map_put(&c->by_name, str_of(name), t);
    map_put(&c->by_exact, str_of(name), t);
}

struct table *catalog_find_table(const struct catalog *c, struct str name)
{
    struct table *exact = map_get(&c->by_exact, name);
    return exact ? exact : map_get(&c->by_name, name);
}

void catalog_each_referrer(const struct catalog *c, const char *table, catalog_referrer_fn *fn,
                           void *arg)
{
    for (size_t i = 0; i < c->n_tables; i++) {
        struct table *t = c->tables[i];
        for (size_t k = 0; k < t->n_foreign_keys; k++) {
            struct foreign_key *fk = &t->foreign_keys[k];
            if (str_eq_nocase(str_of(fk->referenced_table), str_of(table))) {
                fn(t, fk, arg);
            }
        }
    }
}
