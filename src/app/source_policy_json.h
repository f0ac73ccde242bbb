#pragma once

#include <jansson.h>

#include "app/source_policy.h"
#include "base/json.h"

/**
 * source_policy_decode() - put what @doc says onto *@p, which holds what it does not say
 *
 * Every option of the specification's schema manager is known by its name. The call-backs take
 * null only: a server runs no code of its clients. Migrations are always tracked and the schema is
 * always read anew, so those two take true only.
 * Errors: ERR_UNKNOWN_FIELD, ERR_INVALID, ERR_UNSUPPORTED, where points into @doc.
 */
enum errcode source_policy_decode(struct arena *a, const json_t *doc, struct source_policy *p,
                                  struct error *err) MUST_CHECK;
/** source_policy_encode() - all options as an object, as source_policy_decode() takes it. */
void source_policy_encode(struct json_writer *w, const struct source_policy *p);
/** source_policy_text() - the same as text in @a; source_policy_read() - what it says (NULL: the
 *  defaults). Errors: those of source_policy_decode(). */
const char *source_policy_text(struct arena *a, const struct source_policy *p);
enum errcode source_policy_read(struct arena *a, const char *text, bool is_main,
                                struct source_policy *out, struct error *err) MUST_CHECK;
