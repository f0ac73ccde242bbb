#include "base/attr.h"
#include "change/parts.h"

/* @base, or @base_2, _3 … until @taken says no. */
typedef bool taken_fn(const char *name, const void *arg);

static const char *free_name(struct arena *a, char *base, taken_fn *taken, const void *arg)
{
    char *name = base;
    for (int n = 2; taken(name, arg); n++) {
        struct str head = str_of(base);
        head.n = head.n > 58 ? 58 : head.n;
        name = arena_printf(a, "%.*s_%d", (int)head.n, head.p, n);
    }
    return name;
}

struct index_names {
    const struct catalog *now;
    const struct index *siblings;
    size_t n;
};

static bool index_taken(const char *name, const void *arg)
{
    const struct index_names *names = arg;
    for (size_t i = 0; i < names->n; i++) {
        if (str_eq_nocase(str_of(names->siblings[i].name), str_of(name))) {
            return true;
        }
    }
    return index_name_taken(names->now, name);
}

void complete_index(struct arena *a, struct index *i, const char *table, const struct catalog *now,
                    const struct index *siblings, size_t n_siblings)
{
    if (i->name) {
        return;
    }
    const char **columns = ARENA_ARRAY(a, i->n_keys, const char *);
    for (size_t k = 0; k < i->n_keys; k++) {
        columns[k] = i->keys[k].column ? i->keys[k].column : "expr";
    }
    char *base = name_generate(a, i->is_unique ? "uq" : "idx", table, columns, i->n_keys);
    i->name = free_name(a, base, index_taken, &(struct index_names){now, siblings, n_siblings});
}

struct key_names {
    const struct foreign_key *siblings;
    size_t n;
};

static bool key_taken(const char *name, const void *arg)
{
    const struct key_names *names = arg;
    for (size_t i = 0; i < names->n; i++) {
        if (str_eq_nocase(str_of(names->siblings[i].name), str_of(name))) {
            return true;
        }
    }
    return false;
}

void complete_foreign_key(struct arena *a, struct foreign_key *fk, const char *table,
                          const struct foreign_key *siblings, size_t n_siblings)
{
    if (!fk->name) {
        char *base = name_generate(a, "fk", table, fk->columns, fk->n_columns);
        fk->name = free_name(a, base, key_taken, &(struct key_names){siblings, n_siblings});
    }
}

struct check_names {
    const struct check *siblings;
    size_t n;
};

static bool check_taken(const char *name, const void *arg)
{
    const struct check_names *names = arg;
    for (size_t i = 0; i < names->n; i++) {
        if (str_eq_nocase(str_of(names->siblings[i].name), str_of(name))) {
            return true;
        }
    }
    return false;
}

void complete_check(struct arena *a, struct check *check, const char *table,
                    const struct check *siblings, size_t n_siblings)
{
    if (!check->name) {
        char *base = name_generate(a, "ck", table, &check->column, check->column ? 1 : 0);
        check->name = free_name(a, base, check_taken, &(struct check_names){siblings, n_siblings});
    }
}

static const struct table *target_of(const char *name, const struct catalog *now,
                                     const struct table *self)
{
    if (self && str_eq_nocase(str_of(self->name), str_of(name))) {
        return self;
    }
    return catalog_find_table(now, str_of(name));
}

void complete_relation(struct arena *a, struct column *c, const struct catalog *now,
                       const struct table *self)
{
    if (c->type.kind != TYPE_NONE || !c->related_table) {
        return;
    }
    const struct table *target = target_of(c->related_table, now, self);
    const struct column *key = target && !target->is_internal ? table_single_key(target) : NULL;
    if (key) {
        c->type = type_copy(a, &key->type);
    }
}

void complete_referenced(struct arena *a, struct foreign_key *fk, const struct catalog *now,
                         const struct table *self)
{
    const struct table *target = target_of(fk->referenced_table, now, self);
    if (fk->referenced_columns || !target || target->n_primary_key != fk->n_columns) {
        return;
    }
    fk->referenced_columns = ARENA_ARRAY(a, fk->n_columns, const char *);
    for (size_t i = 0; i < fk->n_columns; i++) {
        fk->referenced_columns[i] = arena_strdup(a, target->primary_key[i]);
    }
}

const struct check *rules_check_exact(struct arena *a, const struct column *c,
                                      const struct check *checks, size_t n_checks)
{
    const struct expr *rules = column_rules_check(a, c);
    for (size_t i = 0; rules && i < n_checks; i++) {
        if (expr_equal(checks[i].expr, rules)) {
            return &checks[i];
        }
    }
    return NULL;
}

/* A check that an earlier completion made may come back as engine text, so its name counts too. */
static bool is_rules_text(const struct check *check, const struct column *c)
{
    return check->expr->kind == EXPR_RAW && check->name &&
           str_starts(str_of(check->name), STR("ck_")) && check->column &&
           str_eq_nocase(str_of(check->column), str_of(c->name));
}

const struct check *rules_check_in(struct arena *a, const struct column *c,
                                   const struct check *checks, size_t n_checks)
{
    const struct check *exact = rules_check_exact(a, c, checks, n_checks);
    if (exact || !column_rules_check(a, c)) {
        return exact;
    }
    for (size_t i = 0; i < n_checks; i++) {
        if (is_rules_text(&checks[i], c)) {
            return &checks[i];
        }
    }
    return NULL;
}

bool rules_check_for(struct arena *a, const struct column *c, const struct check *checks,
                     size_t n_checks, struct check *out)
{
    const struct expr *rules = column_rules_check(a, c);
    if (!rules || rules_check_in(a, c, checks, n_checks)) {
        return false;
    }
    *out = (struct check){.expr = rules, .column = arena_strdup(a, c->name)};
    return true;
}
