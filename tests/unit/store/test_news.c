#include "fixture.h"

#include <stdatomic.h>

#include "base/time.h"

#define SECOND INT64_C(1000000)

/* The epoch after a look of now. */
static uint64_t look(struct home *h)
{
    uint64_t epoch = 0;
    atomic_store(&h->store->news.checked_at, 0);
    OK(store_news(h->store, &epoch, err));
    return epoch;
}

static struct registry_table table_of(const char *name)
{
    return (struct registry_table){.tenant_id = 1,
                                   .table_name = name,
                                   .display_name = name,
                                   .schema_config = "{}",
                                   .relationships = "[]",
                                   .permissions = "{}",
                                   .api_prefix = name,
                                   .created_by = 1};
}

static struct registry_table add_table(struct home *h, const char *name)
{
    struct registry_table r = table_of(name);
    OK(store_registry_insert(h->store, h->place.arena, &r, err));
    return r;
}

/* As another process writes it whose clock says @at. */
static void add_table_at(struct home *h, const char *name, const char *id, int64_t at)
{
    struct record_place place = store_place(h->store);
    struct registry_table r = table_of(name);
    r.id = id;
    r.created_at = r.updated_at = at;
    OK(record_insert(&place, &store_registry_type, &r, err));
}

static void quiet_is_no_news(void **state)
{
    struct home *h = *state;
    uint64_t first = look(h);
    assert_true(first > 0);
    assert_int_equal(look(h), first);
    (void)add_table(h, "custom_a");
    first = look(h);
    assert_int_equal(look(h), first);
}

static void every_write_is_news(void **state)
{
    struct home *h = *state;
    static const char *const icon[] = {"icon", NULL};
    struct tenant t = {.name = "Beta", .slug = "beta", .namespace = "tenants/beta"};
    uint64_t was = look(h), is;
    struct registry_table r = add_table(h, "custom_a");
    assert_int_not_equal(is = look(h), was);
    was = is;
    r.icon = "B";
    OK(store_registry_update(h->store, &r, icon, err));
    assert_int_not_equal(is = look(h), was);
    was = is;
    OK(store_registry_delete(h->store, 1, STR("custom_a"), err));
    assert_int_not_equal(is = look(h), was);
    was = is;
    OK(store_tenant_insert(h->store, &t, err));
    assert_int_not_equal(is = look(h), was);
    was = is;
    OK(store_tenant_delete(h->store, t.id, err));
    assert_int_not_equal(look(h), was);
}

static void a_slow_clock_is_heard(void **state)
{
    struct home *h = *state;
    (void)add_table(h, "custom_a");
    uint64_t was = look(h);
    add_table_at(h, "custom_b", "00000000-0000-4000-8000-000000000001", store_now() - 50 * SECOND);
    uint64_t is = look(h);
    assert_int_not_equal(is, was);
    /* the sum is of rows, not of their times: one for one */
    OK(store_registry_delete(h->store, 1, STR("custom_b"), err));
    add_table_at(h, "custom_c", "00000000-0000-4000-8000-000000000002", store_now() - 51 * SECOND);
    assert_int_not_equal(look(h), is);
}

static void a_wrong_clock_hides_nothing(void **state)
{
    struct home *h = *state;
    add_table_at(h, "custom_a", "00000000-0000-4000-8000-000000000001",
                 store_now() + 3600 * SECOND);
    uint64_t was = look(h);
    assert_int_equal(look(h), was);
    (void)add_table(h, "custom_b");
    assert_int_not_equal(look(h), was);
}

static void the_window_moves_on_quietly(void **state)
{
    struct home *h = *state;
    add_table_at(h, "custom_a", "00000000-0000-4000-8000-000000000001", store_now() - 300 * SECOND);
    uint64_t was = look(h);
    (void)add_table(h, "custom_b"); /* now the first one is out of sight */
    uint64_t is = look(h);
    assert_int_not_equal(is, was);
    assert_int_equal(look(h), is);
    assert_true(h->store->news.views[1].since > store_now() - 100 * SECOND);
}

static void nobody_looks_again_at_once(void **state)
{
    struct home *h = *state;
    uint64_t is = 0, was = look(h);
    (void)add_table(h, "custom_a");
    atomic_store(&h->store->news.checked_at, time_monotonic_us() + SECOND); /* a moment ago */
    OK(store_news(h->store, &is, err));
    assert_int_equal(is, was);
    atomic_store(&h->store->news.checked_at, time_monotonic_us() - NEWS_KEPT_US);
    OK(store_news(h->store, &is, err));
    assert_int_not_equal(is, was);
}

static void the_next_look_comes_early(void **state)
{
    struct home *h = *state;
    uint64_t is = 0, was = look(h);
    (void)add_table(h, "custom_a");
    atomic_store(&h->store->news.is_looking, true); /* somebody does so: nobody waits for it */
    atomic_store(&h->store->news.checked_at, time_monotonic_us() - NEWS_KEPT_US * 4 / 5);
    OK(store_news(h->store, &is, err));
    assert_true(is == was || time_monotonic_us() - NEWS_KEPT_US > h->store->news.checked_at);
    atomic_store(&h->store->news.is_looking, false);
    atomic_store(&h->store->news.checked_at, time_monotonic_us() - NEWS_KEPT_US * 4 / 5);
    OK(store_news(h->store, &is, err));
    assert_int_not_equal(is, was);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(quiet_is_no_news),
        T(every_write_is_news),
        T(a_slow_clock_is_heard),
        T(a_wrong_clock_hides_nothing),
        T(the_window_moves_on_quietly),
        T(nobody_looks_again_at_once),
        T(the_next_look_comes_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
