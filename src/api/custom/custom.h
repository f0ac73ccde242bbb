#pragma once

#include "api/api.h"
#include "app/rows.h"

/* What the handlers of rows share. */

/** custom_open() - the table that the route's {table} or {resource} names. */
enum errcode custom_open(const struct call *c, enum action action, struct rows *out,
                         struct error *err) MUST_CHECK;
/** custom_params() - the list parameters of the query string. */
struct list_params custom_params(const struct call *c);
/** custom_number() - the query parameter @name as a number from 1 to @max; *@out stays without it.
 *  Errors: ERR_INVALID_PARAMETER. */
enum errcode custom_number(const struct call *c, const char *name, int64_t max, int64_t *out,
                           struct error *err) MUST_CHECK;
/** custom_choice() - *@second = the query parameter @name is @two; it is @one or absent otherwise.
 *  Errors: ERR_INVALID_PARAMETER. */
enum errcode custom_choice(const struct call *c, const char *name, const char *one, const char *two,
                           bool *second, struct error *err) MUST_CHECK;
/** custom_list() - GET of many rows. */
enum errcode custom_list(struct call *c, struct error *err);
/** custom_source() - the caller works in the source that "source" names. Errors: those of
 *  caller_use_source(). */
enum errcode custom_source(const struct call *c, struct error *err) MUST_CHECK;
