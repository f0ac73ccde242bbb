#pragma once

#include <jansson.h>

#include "app/source_policy.h"
#include "base/json.h"
#include "engine/kind.h"

/* How a source is reached, as JSON: in requests, in answers, in the store. */

/**
 * source_options_decode() - put the members of @doc that say where and how onto *@o
 * @doc: {address?} or {host?, socket?, port?, database?, schema?, user?, tls?, tlsCa?, path?,
 *       connections?, connectMs?, statementMs?, lockMs?}; other members are left alone
 * @kind: of the source; an address must be of this kind, NULL takes it from the address
 * @is_said: something was
 *
 * The result went through engine_address_parse(): what is kept is what will be read. A password in
 * the address is in o->password. Errors: ERR_INVALID with where.
 */
enum errcode source_options_decode(const struct engine_kinds *kinds, struct arena *a,
                                   const json_t *doc, const struct engine_kind **kind,
                                   struct engine_options *o, bool *is_said,
                                   struct error *err) MUST_CHECK;
/** source_options_encode() - the members of @o, without the password, into the open object. */
void source_options_encode(struct json_writer *w, struct arena *a, const struct engine_kind *kind,
                           const struct engine_options *o);

/** source_options_text() - as it is stored, in @a. source_options_read() - the way back; @kind NULL
 *  reads nothing. Errors: ERR_CORRUPT. */
const char *source_options_text(struct arena *a, const struct engine_kind *kind,
                                const struct engine_options *o, bool is_trusted);
enum errcode source_options_read(const struct engine_kinds *kinds, struct arena *a,
                                 const char *text, const struct engine_kind *kind,
                                 struct engine_options *o, bool *is_trusted,
                                 struct error *err) MUST_CHECK;

/** source_names_text() - a JSON array in @a. */
const char *source_names_text(struct arena *a, const struct source_names *names);
