#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/* What the codecs of columns, tables and changes share. */

/** canonical_keys() - *@out = a copy of object @doc (tied to @a) with the other spellings of
 *  members (snake_case, the schema manager's) under the contract's names.
 *  Errors: ERR_INVALID when @doc is no object or says something twice. */
enum errcode canonical_keys(struct arena *a, const json_t *doc, const json_t **out,
                            struct error *err) MUST_CHECK;

/** text_list_decode() - an array of texts; copied. Errors: ERR_INVALID. */
enum errcode text_list_decode(struct arena *a, const json_t *doc, const char ***out, size_t *n,
                              struct error *err) MUST_CHECK;

/** doc_absent() - @doc has no member @key, or it is null. */
bool doc_absent(const json_t *doc, const char *key);
/** doc_opt_copy() - as doc_opt_text(), the text copied into @a. */
enum errcode doc_opt_copy(struct arena *a, const json_t *doc, const char *key, const char **out,
                          struct error *err) MUST_CHECK;
/** doc_opt_size() - as doc_opt_int(), from @min to @max. */
enum errcode doc_opt_size(const json_t *doc, const char *key, int64_t min, int64_t max,
                          int64_t *out, struct error *err) MUST_CHECK;
/** doc_wrong() - raise ERR_INVALID with @message at "/@key". */
enum errcode doc_wrong(struct error *err, const char *key, const char *message);

/** jsonw_opt_text() - key and text, nothing for NULL. */
void jsonw_opt_text(struct json_writer *w, const char *key, const char *text);
/** jsonw_texts() - key and an array of texts. */
void jsonw_texts(struct json_writer *w, const char *key, const char *const *texts, size_t n);
