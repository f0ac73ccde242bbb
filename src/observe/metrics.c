#include "observe/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "base/attr.h"

/* A cache line each: loops count at the same time. */
struct counter {
    _Alignas(64) _Atomic int64_t v;
};

static struct counter counters[METRIC_N];

static const struct metric_row {
    const char *name;
    const char *kind;
    const char *help;
} rows[METRIC_N] = {
#define METRIC(symbol, name, kind, help) [METRIC_##symbol] = {name, kind, help},
#include "observe/metrics.def"
#undef METRIC
};

/* Upper limits of the request histogram; what is slower counts in +Inf alone. */
static const struct bucket {
    int64_t us;
    const char *le; /* seconds */
} buckets[] = {
    {100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},
    {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"},
    {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
    {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},   {10000000, "10"},
};
#define N_BUCKETS ARRAY_LEN(buckets)
#define N_CLASSES 5 /* 1xx to 5xx */

static struct counter in_bucket[N_BUCKETS + 1];
static struct counter in_class[N_CLASSES];
static struct counter total_us;

static void add(struct counter *c, int64_t n)
{
    atomic_fetch_add_explicit(&c->v, n, memory_order_relaxed);
}

static int64_t get(struct counter *c)
{
    return atomic_load_explicit(&c->v, memory_order_relaxed);
}

void metric_add(enum metric m, int64_t n)
{
    add(&counters[m], n);
}

void metric_set(enum metric m, int64_t v)
{
    atomic_store_explicit(&counters[m].v, v, memory_order_relaxed);
}

int64_t metric_get(enum metric m)
{
    return get(&counters[m]);
}

void metric_request(int status, int64_t us)
{
    size_t i = 0;
    while (i < N_BUCKETS && us > buckets[i].us) {
        i++;
    }
    add(&in_bucket[i], 1);
    add(&total_us, us);
    if (status >= 100 && status < 100 * (N_CLASSES + 1)) {
        add(&in_class[status / 100 - 1], 1);
    }
}

static void print_head(struct buf *out, const char *name, const char *kind, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void print_requests(struct buf *out)
{
    print_head(out, "telaio_requests_total", "counter", "answered requests by class of status");
    for (int i = 0; i < N_CLASSES; i++) {
        buf_printf(out, "telaio_requests_total{class=\"%dxx\"} %" PRId64 "\n", i + 1,
                   get(&in_class[i]));
    }
    const char *name = "telaio_request_seconds";
    print_head(out, name, "histogram", "time from the first byte of a request to its answer");
    int64_t n = 0;
    for (size_t i = 0; i < N_BUCKETS; i++) {
        n += get(&in_bucket[i]);
        buf_printf(out, "%s_bucket{le=\"%s\"} %" PRId64 "\n", name, buckets[i].le, n);
    }
    n += get(&in_bucket[N_BUCKETS]);
    buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n", name, n);
    int64_t us = get(&total_us);
    buf_printf(out, "%s_sum %" PRId64 ".%06" PRId64 "\n", name, us / 1000000, us % 1000000);
    buf_printf(out, "%s_count %" PRId64 "\n", name, n);
}

void metrics_print(struct buf *out)
{
    for (int i = 0; i < METRIC_N; i++) {
        print_head(out, rows[i].name, rows[i].kind, rows[i].help);
        buf_printf(out, "%s %" PRId64 "\n", rows[i].name, metric_get((enum metric)i));
    }
    print_requests(out);
}
