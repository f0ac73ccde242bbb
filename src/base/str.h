#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A borrowed view of bytes, not NUL-terminated. `const char *` elsewhere means NUL-terminated
 * UTF-8. A view is valid as long as what it looks at; {NULL, 0} is the empty view.
 */
struct str {
    const char *p;
    size_t n;
};

#define STR(lit) ((struct str){("" lit ""), sizeof(lit) - 1})

static inline struct str str_of(const char *s)
{
    return s ? (struct str){s, strlen(s)} : (struct str){NULL, 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *b)
{
    return str_eq(a, str_of(b));
}

static inline struct str str_sub(struct str s, size_t from)
{
    size_t skip = from < s.n ? from : s.n;
    return (struct str){skip ? s.p + skip : s.p, s.n - skip}; /* NULL + 0 is undefined */
}

/** str_starts() - @s begins with @prefix. */
bool str_starts(struct str s, struct str prefix);

/** str_eq_nocase() - equal when ASCII letters are folded. */
bool str_eq_nocase(struct str a, struct str b);

/** str_find() - offset of the first @c in @s, or @s.n. */
size_t str_find(struct str s, char c);

/** str_trim() - @s without ASCII white space at both ends. */
struct str str_trim(struct str s);

/**
 * str_split() - take the part of *@rest before @sep and move *@rest behind it
 *
 * Returns false when *@rest is exhausted (p is NULL). "a,,b" gives "a", "", "b"; "" gives "".
 */
bool str_split(struct str *rest, char sep, struct str *part);

/** str_int64() - *@out = @s as a decimal integer, whole view, no spaces; false when it is none. */
bool str_int64(struct str s, int64_t *out);

/** int64_put() - the digits of @v at @at, no NUL; returns where they end. */
#define INT64_TEXT_MAX 20
char *int64_put(char *at, int64_t v);

/** str_double() - *@out = @s as a finite decimal number in JSON's grammar; false when it is none.
 */
bool str_double(struct str s, double *out);

/** text_eq() - both NULL, or equal NUL-terminated texts. */
bool text_eq(const char *a, const char *b);
