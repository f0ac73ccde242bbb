#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * A value on its way between a client and an engine. Five carriers are enough: the column's type
 * says what the bytes mean. Canonical texts: decimal "12.50", date "2026-01-31", time "12:30:00",
 * instant as instant_format() gives it, uuid lower case, json and array compact JSON text, enum its
 * label. Text and bytes are borrowed.
 */
enum value_kind {
    VALUE_NULL = 0,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_TEXT,
    VALUE_BYTES,
};

struct value {
    enum value_kind kind;
    union {
        bool b;
        int64_t i;
        double f;
        struct str s; /* TEXT (valid UTF-8) and BYTES */
    };
};

static inline struct value value_null(void)
{
    return (struct value){.kind = VALUE_NULL};
}

static inline struct value value_bool(bool b)
{
    return (struct value){.kind = VALUE_BOOL, .b = b};
}

static inline struct value value_int(int64_t i)
{
    return (struct value){.kind = VALUE_INT, .i = i};
}

static inline struct value value_float(double f)
{
    return (struct value){.kind = VALUE_FLOAT, .f = f};
}

static inline struct value value_str(struct str s)
{
    return (struct value){.kind = VALUE_TEXT, .s = s};
}

static inline struct value value_text(const char *s)
{
    return s ? value_str(str_of(s)) : value_null();
}

static inline struct value value_bytes(struct str s)
{
    return (struct value){.kind = VALUE_BYTES, .s = s};
}

/** value_copy() - @v with its bytes (NUL-terminated behind the view) in @a. */
struct value value_copy(struct arena *a, struct value v);
/** value_equal() - same carrier, same content; NULL equals NULL. */
bool value_equal(struct value a, struct value b);
