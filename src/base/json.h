#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/*
 * JSON both ways. Reading: a document is parsed whole by jansson (small bodies only) into a json_t
 * that is tied to an arena; doc_* read members with one typed call each and raise errors whose
 * `where` is a JSON pointer. Writing: struct json_writer puts text straight into a buf; rows are
 * never built as documents.
 *
 * json_t appears only in base/json and in files named *_json.c / *_json.h.
 */

#define JSON_DEPTH_MAX 64

/**
 * doc_parse() - parse @text into *@out, which lives as long as @a
 * @max_depth: nesting allowed (JSON_DEPTH_MAX); counted before jansson sees the text
 *
 * Duplicate keys are refused; integers beyond int64 and numbers beyond double become
 * ERR_MALFORMED. Any JSON value may stand at the top.
 * Errors: ERR_MALFORMED (message tells line and column), ERR_TOO_DEEP.
 */
enum errcode doc_parse(struct arena *a, struct str text, int max_depth, json_t **out,
                       struct error *err) MUST_CHECK;

/** doc_dump() - @doc as compact JSON text in @a; with @sorted keys in byte order (canonical). */
char *doc_dump(struct arena *a, const json_t *doc, bool sorted);

/** doc_tie() - decref @doc when @a is freed; returns @doc. */
json_t *doc_tie(struct arena *a, json_t *doc);

/*
 * Member readers: @obj must be an object (else ERR_INVALID). A missing or null member is "absent":
 * required readers raise ERR_INVALID with where = "/@key", optional ones leave *@out untouched.
 * A member of another type is always ERR_INVALID. Texts are borrowed from the document.
 */
enum errcode doc_text(const json_t *obj, const char *key, const char **out,
                      struct error *err) MUST_CHECK;
enum errcode doc_opt_text(const json_t *obj, const char *key, const char **out,
                          struct error *err) MUST_CHECK;
enum errcode doc_opt_bool(const json_t *obj, const char *key, bool *out,
                          struct error *err) MUST_CHECK;
enum errcode doc_opt_int(const json_t *obj, const char *key, int64_t *out,
                         struct error *err) MUST_CHECK;
enum errcode doc_opt_object(const json_t *obj, const char *key, const json_t **out,
                            struct error *err) MUST_CHECK;
enum errcode doc_opt_array(const json_t *obj, const char *key, const json_t **out,
                           struct error *err) MUST_CHECK;
enum errcode doc_object(const json_t *obj, const char *key, const json_t **out,
                        struct error *err) MUST_CHECK;
enum errcode doc_array(const json_t *obj, const char *key, const json_t **out,
                       struct error *err) MUST_CHECK;

/** doc_only() - ERR_UNKNOWN_FIELD unless every key of @obj is in the NULL-terminated @keys. */
enum errcode doc_only(const json_t *obj, const char *const *keys, struct error *err) MUST_CHECK;

/** doc_pointer_token() - append "/@key" to @b with JSON pointer escapes. */
void doc_pointer_token(struct buf *b, const char *key);

/*
 * The writer. Commas are its affair: begin, members or values, end.
 *     jsonw_begin_object(&w); jsonw_kv_int(&w, "id", 7); jsonw_end_object(&w);
 */
struct json_writer {
    struct buf *out;
    uint64_t has_item; /* bit per depth: an item was written at this depth */
    int depth;
    bool after_key;
};

void jsonw_init(struct json_writer *w, struct buf *out);
void jsonw_begin_object(struct json_writer *w);
void jsonw_end_object(struct json_writer *w);
void jsonw_begin_array(struct json_writer *w);
void jsonw_end_array(struct json_writer *w);
void jsonw_key(struct json_writer *w, const char *key);
void jsonw_key_str(struct json_writer *w, struct str key);
void jsonw_null(struct json_writer *w);
void jsonw_bool(struct json_writer *w, bool v);
void jsonw_int(struct json_writer *w, int64_t v);
/** jsonw_double() - shortest text that reads back equal; NaN and infinities become null. */
void jsonw_double(struct json_writer *w, double v);
/** jsonw_str() - a JSON string; invalid UTF-8 bytes become U+FFFD. */
void jsonw_str(struct json_writer *w, struct str v);
/** jsonw_text() - a JSON string, or null for NULL. */
void jsonw_text(struct json_writer *w, const char *v);
/** jsonw_raw() - @v is JSON text already. */
void jsonw_raw(struct json_writer *w, struct str v);
/** jsonw_doc() - @doc, compact. */
void jsonw_doc(struct json_writer *w, const json_t *doc);

/* A key and its value in one line. */
void jsonw_kv_text(struct json_writer *w, const char *key, const char *v);
void jsonw_kv_str(struct json_writer *w, const char *key, struct str v);
void jsonw_kv_int(struct json_writer *w, const char *key, int64_t v);
void jsonw_kv_bool(struct json_writer *w, const char *key, bool v);
void jsonw_kv_raw(struct json_writer *w, const char *key, struct str v);
/** jsonw_kv_instant() - @us as RFC 3339 UTC; 0 is null. */
void jsonw_kv_instant(struct json_writer *w, const char *key, int64_t us);

/** json_quote() - append @v as a JSON string with its quotes. */
void json_quote(struct buf *b, struct str v);
/** json_quote_plain() - the same into room for v.n + 2 bytes at @at; returns where it ends, NULL
 * when
 *  @v is not ASCII without anything to escape: what stands at @at then means nothing. */
char *json_quote_plain(char *at, struct str v);
