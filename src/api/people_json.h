#pragma once

#include "api/api.h"
#include "app/people.h"

/* People as JSON, and the lists in bodies about them. */

void user_encode(struct json_writer *w, struct arena *a, const struct people_user *u);
void tenant_encode(struct json_writer *w, const struct tenant *t);
/** token_encode() - @secret NULL = not shown. */
void token_encode(struct json_writer *w, const struct people_token *t, const char *secret);

/** texts_decode() - the array of texts under @key; *@has = it is there. Errors: ERR_INVALID (where
 *  "/key/N"). */
enum errcode texts_decode(struct arena *a, const json_t *body, const char *key, bool *has,
                          const char *const **out, size_t *n, struct error *err) MUST_CHECK;
/** user_decode() - the members of a body about a user; @flag is where isActive is put. Errors:
 *  ERR_UNKNOWN_FIELD, ERR_INVALID. */
enum errcode user_decode(const json_t *body, bool *flag, struct people_user_fields *out,
                         struct error *err) MUST_CHECK;
