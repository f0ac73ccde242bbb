#pragma once

#include <jansson.h>

#include "app/sources.h"
#include "base/json.h"

/**
 * source_edit_decode() - what a body says of a source
 * @was: the source that is changed (name and kind stay), NULL for a new one
 * @body: {name, displayName?, kind?, mode?, password?, allowTables?, forbidTables?, policy?} and
 *        what source_options_decode() takes
 *
 * Errors: ERR_UNKNOWN_FIELD, ERR_INVALID, those of source_policy_decode(); where points into @body.
 */
enum errcode source_edit_decode(const struct caller *c, const struct source *was,
                                const json_t *body, struct source_edit *out,
                                struct error *err) MUST_CHECK;
/** source_info_encode() - everything but secrets, as an object. */
void source_info_encode(struct json_writer *w, struct arena *a, const struct source_info *s);
