#include "engine/postgres/statement.h"

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "engine/postgres/errors.h"

#define HASH_STEP UINT64_C(0x9e3779b97f4a7c15)

/* ---- the cache ------------------------------------------------------------------------------- */

uint64_t pg_text_hash(struct str text)
{
    uint64_t h = text.n * HASH_STEP;
    uint64_t word;
    for (; text.n >= sizeof word; text = str_sub(text, sizeof word)) {
        memcpy(&word, text.p, sizeof word);
        h = (h ^ word) * HASH_STEP;
        h ^= h >> 32;
    }
    word = 0;
    if (text.n > 0) {
        memcpy(&word, text.p, text.n);
    }
    h = (h ^ word) * HASH_STEP;
    return (h ^ h >> 29) | 1;
}

/* The low bits of a place's address say nothing, nor do those of its product: mixed twice. */
static uint64_t hash_of(const struct pg_place *place, uint64_t text_hash)
{
    uint64_t h = (text_hash ^ ((uint64_t)(uintptr_t)place * HASH_STEP)) * HASH_STEP;
    return h ^ h >> 32;
}

static struct pg_statement **bucket_of(struct pg_statements *all, uint64_t hash)
{
    return &all->buckets[hash % STATEMENT_BUCKETS];
}

static void unlink_use(struct pg_statements *all, struct pg_statement *s)
{
    *(s->older ? &s->older->newer : &all->oldest) = s->newer;
    *(s->newer ? &s->newer->older : &all->newest) = s->older;
    s->older = s->newer = NULL;
}

static void link_newest(struct pg_statements *all, struct pg_statement *s)
{
    s->older = all->newest;
    *(all->newest ? &all->newest->newer : &all->oldest) = s;
    all->newest = s;
}

struct pg_statement *pg_statement_find(struct pg_statements *all, const struct pg_place *place,
                                       struct str text, uint64_t text_hash)
{
    uint64_t hash = hash_of(place, text_hash);
    struct pg_statement *s = *bucket_of(all, hash);
    while (s && (s->hash != hash || s->place != place || !str_eq(s->text, text))) {
        s = s->next;
    }
    if (s && s != all->newest) {
        unlink_use(all, s);
        link_newest(all, s);
    }
    return s;
}

static void write_name(char out[STATEMENT_NAME_MAX], uint64_t number)
{
    char digits[STATEMENT_NAME_MAX];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    *out++ = 's';
    while (n > 0) {
        *out++ = digits[--n];
    }
    *out = '\0';
}

struct pg_statement *pg_statement_add(struct pg_statements *all, const struct pg_place *place,
                                      struct str text, uint64_t text_hash)
{
    struct pg_statement *s = mem_alloc(sizeof *s + text.n + 1);
    char *copy = (char *)(s + 1);
    memcpy(copy, text.p, text.n);
    s->text = (struct str){copy, text.n};
    s->place = place;
    s->hash = hash_of(place, text_hash);
    s->number = ++all->last_number;
    write_name(s->name, s->number);
    struct pg_statement **bucket = bucket_of(all, s->hash);
    s->next = *bucket;
    *bucket = s;
    link_newest(all, s);
    all->n++;
    return s;
}

bool pg_statement_is_worth(struct pg_statements *all, const struct pg_place *place,
                           uint64_t text_hash)
{
    uint64_t hash = hash_of(place, text_hash);
    uint32_t *seen = &all->seen[hash % STATEMENTS_SEEN];
    uint32_t tag = (uint32_t)(hash >> 32) | 1;
    bool is_worth = *seen == tag;
    *seen = tag;
    return is_worth;
}

struct pg_statement *pg_statement_spare(struct pg_statements *all)
{
    return all->n >= STATEMENTS_MAX && all->oldest->is_made ? all->oldest : NULL;
}

void pg_statement_forget(struct pg_statements *all, struct pg_statement *s)
{
    struct pg_statement **at = bucket_of(all, s->hash);
    while (*at != s) {
        at = &(*at)->next;
    }
    *at = s->next;
    unlink_use(all, s);
    all->n--;
    mem_free(s);
}

void pg_statements_clear(struct pg_statements *all)
{
    while (all->oldest) {
        pg_statement_forget(all, all->oldest);
    }
}

bool pg_statement_breaks(const PGresult *r)
{
    static const char *const states[] = {"0A000", "42P01", "42703", "42804", "42883", "42704"};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (postgres_state_is(r, states[i])) {
            return true;
        }
    }
    return postgres_has_vanished(r);
}

/* ---- parameters ------------------------------------------------------------------------------ */

#define INT64_CHARS 21

static const char *int_text(struct arena *a, int64_t i)
{
    char *text = arena_alloc(a, INT64_CHARS);
    char *at = text + INT64_CHARS - 1;
    uint64_t rest = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    *at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (i < 0) {
        *--at = '-';
    }
    return at;
}

static const char *float_text(struct arena *a, double f)
{
    struct buf b;
    buf_init(&b, 64);
    (void)buf_add_double(&b, f);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static enum errcode text_param(struct arena *a, struct str s, const char **out, struct error *err)
{
    if (s.n > 0 && memchr(s.p, 0, s.n)) {
        return ERROR(err, ERR_INVALID_VALUE, "PostgreSQL keeps no text with a NUL character");
    }
    *out = arena_str(a, s);
    return ERR_OK;
}

enum errcode pg_params_make(struct arena *a, const struct value *values, size_t n,
                            struct pg_params *out, struct error *err)
{
    out->n = (int)n;
    out->values = ARENA_ARRAY(a, n, const char *);
    out->lengths = ARENA_ARRAY(a, n, int);
    out->formats = ARENA_ARRAY(a, n, int);
    for (size_t i = 0; i < n; i++) {
        const struct value *v = &values[i];
        switch (v->kind) {
        case VALUE_NULL:
            break;
        case VALUE_BOOL:
            out->values[i] = v->b ? "t" : "f";
            break;
        case VALUE_INT:
            out->values[i] = int_text(a, v->i);
            break;
        case VALUE_FLOAT:
            out->values[i] = float_text(a, v->f);
            break;
        case VALUE_TEXT:
            TRY(text_param(a, v->s, &out->values[i], err));
            break;
        case VALUE_BYTES:
            out->values[i] = v->s.p ? v->s.p : "";
            out->lengths[i] = (int)v->s.n;
            out->formats[i] = 1;
            break;
        }
    }
    return ERR_OK;
}
