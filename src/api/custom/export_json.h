#pragma once

#include "api/api.h"
#include "app/transfer.h"

/** export_decode() - the body {format?, filters?, search?, sort?, order?, fields?, page?, limit?,
 *  cursor?} onto @in; what the query string gave as well is refused. Errors: ERR_UNKNOWN_FIELD,
 *  ERR_INVALID. */
enum errcode export_decode(struct call *c, struct str *format, struct export_request *in,
                           struct error *err) MUST_CHECK;
