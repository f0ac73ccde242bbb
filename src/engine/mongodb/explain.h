#pragma once

#include "base/error.h"
#include "query/query.h"

/**
 * explain_refusal() - the validator refused @w (@err says so): name the check that the row's own
 * values break, with its columns and where, as far as they can tell
 *
 * Servers say only "Document failed validation", or name a rule of the validator that the client
 * never saw.
 */
void explain_refusal(const struct write *w, struct error *err);
