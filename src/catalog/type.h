#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * A column type: one logical kind that means the same on every engine, beside the engine's own
 * type text. A column that nobody touched is emitted from `native`, never from the logical form;
 * TYPE_NATIVE has no logical twin and only its native text.
 */
enum type_kind {
    TYPE_NONE = 0,
    TYPE_BOOLEAN,
    TYPE_INT16,
    TYPE_INT32,
    TYPE_INT64,
    TYPE_DECIMAL, /* precision 0: open */
    TYPE_FLOAT32,
    TYPE_FLOAT64,
    TYPE_TEXT, /* length 0: unbounded */
    TYPE_CHAR,
    TYPE_BYTES,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_DATETIME, /* without zone */
    TYPE_INSTANT,  /* UTC; "datetime" on the wire */
    TYPE_INTERVAL,
    TYPE_UUID,
    TYPE_JSON,
    TYPE_ENUM,
    TYPE_ARRAY,
    TYPE_OBJECT_ID,
    TYPE_NATIVE,
    TYPE_N
};

struct type {
    enum type_kind kind;
    int length;           /* TEXT, CHAR: characters, 0 = no limit */
    int precision, scale; /* DECIMAL */
    bool is_unsigned;     /* integers of engines that have it */
    const char *const *values;
    size_t n_values;            /* ENUM: the labels, in order */
    const struct type *element; /* ARRAY: may be NULL (any) */
    const char *native;         /* the engine's text, NULL before it was ever inspected */
};

/**
 * type_parse() - a type from its wire name
 * @name: the wire vocabulary ("text", "number", "datetime", …), the schema manager's names
 *        ("STRING", "BIGINT", "DATEONLY", "JSONB", …) or a migration file's logical name
 *        ("string(120)", "decimal(10,2)", "int64", "ref", …), any case
 *
 * Sets kind and what stands in parentheses; attributes like kind, precision, maxLength and values
 * are the codec's (catalog/column_json.h). Errors: ERR_INVALID for an unknown name.
 */
enum errcode type_parse(struct arena *a, const char *name, struct type *out,
                        struct error *err) MUST_CHECK;

/** type_wire_name() - "text", "number", "boolean", "date", "datetime", "time", "uuid", "json",
 *  "enum", "binary", "array" or "native". */
const char *type_wire_name(const struct type *t);

/** type_number_kind() - "integer", "decimal" or "float" for numbers, else NULL. ("bigint" is read
 * as another word for "integer".) */
const char *type_number_kind(const struct type *t);

/** type_logical_text() - the canonical logical text, e.g. "decimal(10,2)", "text(120)", "int64". */
char *type_logical_text(struct arena *a, const struct type *t);

struct type type_copy(struct arena *a, const struct type *t);
bool type_is_integer(const struct type *t);
bool type_is_number(const struct type *t);
bool type_is_text(const struct type *t); /* TEXT, CHAR, ENUM: what search and LIKE look at */
bool type_equal(const struct type *a, const struct type *b); /* logical form only */
