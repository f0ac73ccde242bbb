#include "observe/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"

static void a_metric_counts(void **state)
{
    (void)state;
    metric_set(METRIC_FIBERS, 5);
    metric_add(METRIC_FIBERS, 3);
    metric_add(METRIC_FIBERS, -7);
    assert_int_equal(metric_get(METRIC_FIBERS), 1);
}

static void *count(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10000; i++) {
        metric_add(METRIC_ROWS_READ, 1);
        metric_request(200, 300);
    }
    return NULL;
}

static bool has_line(struct buf *b, const char *line)
{
    struct str rest = buf_str(b), part;
    while (str_split(&rest, '\n', &part)) {
        if (str_is(part, line)) {
            return true;
        }
    }
    return false;
}

static void threads_lose_no_count(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(metric_get(METRIC_ROWS_READ), 40000);
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    metrics_print(&out);
    assert_true(has_line(&out, "telaio_rows_read_total 40000"));
    assert_true(has_line(&out, "telaio_requests_total{class=\"2xx\"} 40000"));
    assert_true(has_line(&out, "telaio_request_seconds_count 40000"));
    assert_true(has_line(&out, "telaio_request_seconds_sum 12.000000"));
    buf_release(&out);
}

static void the_histogram_adds_up_from_bucket_to_bucket(void **state)
{
    (void)state;
    metric_request(404, 100);      /* at the edge: in */
    metric_request(503, 101);      /* past it */
    metric_request(500, 99000000); /* slower than all */
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    metrics_print(&out);
    assert_true(has_line(&out, "telaio_request_seconds_bucket{le=\"0.0001\"} 1"));
    assert_true(has_line(&out, "telaio_request_seconds_bucket{le=\"0.00025\"} 2"));
    assert_true(has_line(&out, "telaio_request_seconds_bucket{le=\"0.0005\"} 40002"));
    assert_true(has_line(&out, "telaio_request_seconds_bucket{le=\"10\"} 40002"));
    assert_true(has_line(&out, "telaio_request_seconds_bucket{le=\"+Inf\"} 40003"));
    assert_true(has_line(&out, "telaio_requests_total{class=\"4xx\"} 1"));
    assert_true(has_line(&out, "telaio_requests_total{class=\"5xx\"} 2"));
    buf_release(&out);
}

static void every_metric_has_its_kind_and_help(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, BUF_MAX_DEFAULT);
    metrics_print(&out);
    AUTO(arena_freep) struct arena *a = arena_new();
    static const char *const names[] = {
#define METRIC(symbol, name, kind, help) name,
#include "observe/metrics.def"
#undef METRIC
    };
    static const char *const kinds[] = {
#define METRIC(symbol, name, kind, help) kind,
#include "observe/metrics.def"
#undef METRIC
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_true(strcmp(kinds[i], "counter") == 0 || strcmp(kinds[i], "gauge") == 0);
        /* Prometheus' own rule for names. */
        const char *end = strstr(names[i], "_total");
        assert_int_equal(end != NULL, strcmp(kinds[i], "counter") == 0);
        assert_true(has_line(&out, arena_printf(a, "# TYPE %s %s", names[i], kinds[i])));
    }
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_metric_counts),
        cmocka_unit_test(threads_lose_no_count),
        cmocka_unit_test(the_histogram_adds_up_from_bucket_to_bucket),
        cmocka_unit_test(every_metric_has_its_kind_and_help),
    };
    return cmocka_run_group_tests_name("observe/metrics", tests, NULL, NULL);
}
