#include "store/news.h"

#include <stdatomic.h>

#include "base/hash.h"
#include "base/time.h"
#include "store/record.h"

#define EARLY_US (NEWS_KEPT_US * 3 / 5) /* then one looks, and the others need not wait for it */

struct row {
    int64_t number; /* whichever is the table's identity */
    const char *id;
    int64_t updated_at;
};

static const struct record_field tenant_fields[] = {
    {.name = "id", .kind = FIELD_INT, .offset = offsetof(struct row, number)},
    RECORD_FIELD(struct row, updated_at, TIME),
};
static const struct record_field registry_fields[] = {
    RECORD_FIELD(struct row, id, TEXT),
    RECORD_FIELD(struct row, updated_at, TIME),
};
static RECORD_TYPE(tenant_rows, "tenants", struct row, tenant_fields, "id");
static RECORD_TYPE(registry_rows, "custom_tables_registry", struct row, registry_fields, "id");

static const struct {
    const struct record_type *type;
    bool is_counted; /* rows may go: deleted tenants stay as rows */
} kinds[NEWS_KINDS] = {{&tenant_rows, false}, {&registry_rows, true}};

void news_init(struct news *n)
{
    BUG_ON(pthread_mutex_init(&n->lock, NULL) != 0);
}

void news_destroy(struct news *n)
{
    pthread_mutex_destroy(&n->lock);
}

/* ---- looking ------------------------------------------------------------------------------- */

static uint64_t sum_of(const struct row *rows, size_t n, int64_t since)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        struct hash128 h;
        uint64_t digest[HASH128_BYTES / sizeof(uint64_t)];
        hash128_init(&h);
        hash128_add_word(&h, (uint64_t)rows[i].number);
        hash128_add_word(&h, (uint64_t)rows[i].updated_at);
        hash128_add(&h, rows[i].id, rows[i].id ? strlen(rows[i].id) : 0);
        hash128_end(&h, (unsigned char *)digest);
        sum += rows[i].updated_at >= since ? digest[0] : 0;
    }
    return sum;
}

/* A minute before the newest row. One of the future, of a clock that went wrong, does not count. */
static int64_t window_of(const struct row *rows, size_t n)
{
    int64_t newest = 0, now = store_now();
    for (size_t i = 0; i < n; i++) {
        newest = rows[i].updated_at > newest ? rows[i].updated_at : newest;
    }
    newest = newest < now ? newest : now;
    return newest > NEWS_WINDOW_US ? newest - NEWS_WINDOW_US : 0;
}

static enum errcode find_newest(struct store *s, struct arena *a, const struct record_type *type,
                                int64_t *since, struct error *err)
{
    struct record_query q = {.order = "updated_at", .is_descending = true, .limit = 1};
    void *rows = NULL;
    size_t n = 0;
    TRY(store_all(s, a, type, &q, &rows, &n, err));
    *since = window_of(rows, n);
    return ERR_OK;
}

/* @seen is what was seen before, and then what is; *@is_same is told of the time since which the
 * one before looked. */
static enum errcode look_at(struct store *s, struct arena *a, size_t kind, struct news_view *seen,
                            bool *is_same, struct error *err)
{
    const struct record_type *type = kinds[kind].type;
    const struct news_view was = *seen;
    struct record_place place = store_place(s);
    void *rows = NULL;
    size_t n = 0;
    if (!was.is_known) {
        TRY(find_newest(s, a, type, &seen->since, err));
    }
    struct record_term term = TERM("updated_at", GTE, value_int(seen->since));
    struct record_query q = {.terms = &term, .n_terms = 1, .order = "updated_at"};
    const struct record_query all = {0};
    TRY(store_all(s, a, type, &q, &rows, &n, err));
    if (kinds[kind].is_counted) {
        TRY(record_count(&place, type, &all, &seen->count, err));
    }
    *is_same = was.is_known && was.count == seen->count && was.sum == sum_of(rows, n, was.since);
    int64_t since = window_of(rows, n);
    seen->since = since > seen->since ? since : seen->since;
    seen->sum = sum_of(rows, n, seen->since);
    seen->is_known = true;
    return ERR_OK;
}

static bool is_equal(const struct news_view *a, const struct news_view *b)
{
    return a->is_known == b->is_known && a->since == b->since && a->sum == b->sum &&
           a->count == b->count;
}

/* Two may look at once. Who comes second and finds that the first one saw something else than he
 * started from tells of news as well: once too often, never once too few. */
static void keep(struct news *n, size_t kind, const struct news_view *before,
                 const struct news_view *seen, bool is_same)
{
    pthread_mutex_lock(&n->lock);
    if (!is_same || !is_equal(&n->views[kind], before)) {
        atomic_fetch_add(&n->epoch, 1);
    }
    n->views[kind] = *seen;
    pthread_mutex_unlock(&n->lock);
}

static enum errcode look(struct store *s, int64_t now, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct news *n = &s->news;
    for (size_t kind = 0; kind < NEWS_KINDS; kind++) {
        bool is_same = false;
        pthread_mutex_lock(&n->lock);
        const struct news_view before = n->views[kind];
        pthread_mutex_unlock(&n->lock);
        struct news_view seen = before;
        TRY(look_at(s, a, kind, &seen, &is_same, err));
        keep(n, kind, &before, &seen, is_same);
    }
    atomic_store(&n->checked_at, now); /* behind the epoch: who reads it finds that one */
    return ERR_OK;
}

static void look_early(struct store *s, int64_t now)
{
    enum errcode code = look(s, now, NULL);
    atomic_store(&s->news.is_looking, false);
    if (code != ERR_OK) {
        return; /* nothing is kept: who comes when it is due looks again, and is told */
    }
}

enum errcode store_news(struct store *s, uint64_t *epoch, struct error *err)
{
    struct news *n = &s->news;
    int64_t now = time_monotonic_us();
    int64_t checked_at = atomic_load(&n->checked_at);
    bool is_due = !checked_at || now - checked_at >= NEWS_KEPT_US;
    if (is_due) {
        TRY(look(s, now, err));
    } else if (now - checked_at >= EARLY_US && !atomic_exchange(&n->is_looking, true)) {
        look_early(s, now);
    }
    *epoch = atomic_load(&n->epoch);
    return ERR_OK;
}
