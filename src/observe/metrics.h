#pragma once

#include <stdint.h>

#include "base/buf.h"

/*
 * Counters for /metrics, from any thread, without locks. To add one: a row in metrics.def.
 */
enum metric {
#define METRIC(symbol, name, kind, help) METRIC_##symbol,
#include "observe/metrics.def"
#undef METRIC
    METRIC_N
};

void metric_add(enum metric m, int64_t n);
void metric_set(enum metric m, int64_t v);
int64_t metric_get(enum metric m);
/** metric_request() - one answered request: its status class and time go into the histogram. */
void metric_request(int status, int64_t us);
/** metrics_print() - in the text format of Prometheus. */
void metrics_print(struct buf *out);
