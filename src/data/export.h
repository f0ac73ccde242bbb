#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "data/format.h"
#include "data/read.h"
#include "query/list_grammar.h"

struct export_request {
    enum format format;
    struct list_params params; /* limit p NULL = all rows; count has no meaning */
    bool safe_formulas;        /* CSV, TSV: texts that a spreadsheet would run get a ' in front */
    int64_t stretch_us;        /* 0 = EXPORT_STRETCH_US */
};

/*
 * A read that stays open holds back the engine's clean-up, and engines end it after a while. So a
 * long export is several reads, one behind the other: each ends after this long and the next goes
 * on behind the last row in the order of the key. Rows written meanwhile may be in the file or not;
 * no row is in it twice. A table without a key is read in one.
 */
#define EXPORT_STRETCH_US INT64_C(20000000)

/**
 * data_export() - stream rows into @sink as a file of in->format
 *
 * Empty texts are "" and NULL is an empty field, so that data_import() reads back the same. Memory
 * does not grow with the number of rows. Errors before the first byte leave the sink untouched.
 */
enum errcode data_export(const struct data_context *ctx, struct arena *a,
                         const struct export_request *in, const struct row_sink *sink,
                         struct error *err) MUST_CHECK;
