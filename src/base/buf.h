#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * A growing byte buffer with a maximum given at init. Failure (the maximum is passed) is sticky:
 * append freely and ask buf_failed() once. After failure the buffer is empty and stays so.
 * Bytes are always followed by a NUL that does not count.
 */
struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
    bool failed;
};

#define BUF_MAX_DEFAULT ((size_t)64 << 20)

/** buf_init() - an empty buffer that will hold at most @max bytes; allocates nothing. */
void buf_init(struct buf *b, size_t max);

/** buf_release() - give back the memory; the buffer must be initialised again to be used. */
void buf_release(struct buf *b);

/** buf_clear() - empty and unfailed; keeps the memory. */
void buf_clear(struct buf *b);

static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->p, b->n};
}

/** buf_text() - the bytes as NUL-terminated text, "" when empty; valid until the next append. */
const char *buf_text(const struct buf *b);

/** buf_reserve() - room for @n more bytes; returns where they go, NULL when @max would be passed.
 *  The caller adds what it wrote to b->n with buf_commit(). */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

/** buf_room() - where @n more bytes go when there is room for them already; NULL: there is none
 *  yet, which is no failure. What was written is taken by buf_end(). */
static inline char *buf_room(struct buf *b, size_t n)
{
    return n < b->cap - b->n && n <= b->max - b->n ? b->p + b->n : NULL;
}

/** buf_end() - the bytes end at @end, which is within the room that was given. */
static inline void buf_end(struct buf *b, char *end)
{
    b->n = (size_t)(end - b->p);
    *end = '\0';
}

/* buf_add() when the room is not there yet. */
void buf_add_grow(struct buf *b, const void *p, size_t n);

/* Here, because rows are written with it piece by piece. */
static inline void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n >= b->cap - b->n || n > b->max - b->n) {
        buf_add_grow(b, p, n);
        return;
    }
    if (n > 0) {
        memcpy(b->p + b->n, p, n);
    }
    b->n += n;
    b->p[b->n] = '\0';
}

static inline void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

static inline void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

static inline void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_add_int64(struct buf *b, int64_t v);
/** buf_add_double() - the shortest of 15, 16 and 17 digits that reads back equal; returns which.
 *  @v is finite. */
int buf_add_double(struct buf *b, double v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/** buf_consume() - drop the first @n bytes. */
void buf_consume(struct buf *b, size_t n);

/** buf_take() - move the bytes out as heap memory that the caller frees with mem_free(). */
char *buf_take(struct buf *b, size_t *n);
void mem_free(void *p);
/** mem_alloc() - @n zeroed heap bytes, never NULL; for objects whose life no arena describes. */
void *mem_alloc(size_t n) __attribute__((alloc_size(1), returns_nonnull, malloc));
