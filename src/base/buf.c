#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 512u

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
    if (b->p) {
        b->p[0] = '\0';
    }
}

const char *buf_text(const struct buf *b)
{
    return b->p ? b->p : "";
}

static void fail(struct buf *b)
{
    buf_release(b);
    b->failed = true;
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (b->failed) {
        return NULL;
    }
    if (n > b->max - b->n) {
        fail(b);
        return NULL;
    }
    /* one byte more than asked: the NUL */
    if (n >= b->cap - b->n) {
        size_t cap = b->cap ? b->cap * 2 : CAP_FIRST;
        while (cap - b->n <= n) {
            cap *= 2;
        }
        char *p = realloc(b->p, cap);
        BUG_ON(!p);
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

void buf_commit(struct buf *b, size_t n)
{
    BUG_ON(b->cap == 0 || n > b->cap - 1 - b->n);
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_add_grow(struct buf *b, const void *p, size_t n)
{
    char *to = buf_reserve(b, n);
    if (!to) {
        return;
    }
    if (n > 0) {
        memcpy(to, p, n);
    }
    buf_commit(b, n);
}

void buf_add_int64(struct buf *b, int64_t v)
{
    char text[INT64_TEXT_MAX];
    buf_add(b, text, (size_t)(int64_put(text, v) - text));
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    BUG_ON(n < 0);
    char *to = buf_reserve(b, (size_t)n);
    if (to) {
        vsnprintf(to, (size_t)n + 1, fmt, again);
        buf_commit(b, (size_t)n);
    }
    va_end(again);
}

int buf_add_double(struct buf *b, double v)
{
    char text[40];
    int digits = 15;
    int n = snprintf(text, sizeof text, "%.15g", v);
    while (digits < 17 && strtod(text, NULL) != v) {
        n = snprintf(text, sizeof text, "%.*g", ++digits, v);
    }
    buf_add(b, text, (size_t)n);
    return digits;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void buf_consume(struct buf *b, size_t n)
{
    BUG_ON(n > b->n);
    if (n == 0) {
        return;
    }
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
    b->p[b->n] = '\0';
}

char *buf_take(struct buf *b, size_t *n)
{
    char *p = b->p;
    *n = b->n;
    *b = (struct buf){.max = b->max};
    return p;
}

void mem_free(void *p)
{
    free(p);
}

void *mem_alloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    BUG_ON(!p);
    return p;
}
