#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/caller.h"
#include "data/export.h"
#include "data/import.h"
#include "data/read.h"
#include "query/list_grammar.h"

/*
 * Tables from files and into files, streamed with bounded memory both ways. Formats, the request
 * and the result of an import are data/import.h's; here the caller is judged and audited.
 *
 *     struct import_request in = {.format = FORMAT_CSV, .read = read_piece, .arg = file};
 *     struct import_result result = {0};
 *     TRY(transfer_import(&caller, STR("custom_contacts"), &in, &result, err));
 */

/**
 * transfer_import() - rows of a file into the table @name
 *
 * Errors: ERR_NOT_FOUND, ERR_FORBIDDEN (data.import; with upsert data.update too), those of
 * data_import().
 */
enum errcode transfer_import(const struct caller *c, struct str name,
                             const struct import_request *in, struct import_result *out,
                             struct error *err) MUST_CHECK;

/** import_result_encode() - {inserted, updated, skipped, errors: [{row, column, code, message}],
 *  errorCount} appended to @out. */
void import_result_encode(const struct import_result *r, struct buf *out);

/**
 * transfer_export() - rows of the table @name into @sink (as_arrays has no meaning here)
 * @params: filters, search, sort, order, fields; limit (p NULL = all) and page or cursor
 *
 * Errors before the first byte leave the sink untouched. Errors: ERR_NOT_FOUND, ERR_FORBIDDEN
 * (data.export), those of list_parse(), the engine's and the sink's.
 */
enum errcode transfer_export(const struct caller *c, struct str name,
                             const struct export_request *in, const struct row_sink *sink,
                             struct error *err) MUST_CHECK;
