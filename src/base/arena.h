#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * An arena: memory that is given out piece by piece and taken back all at once. Four lifespans use
 * it: process, session, request and batch. Objects of libraries that cannot live in an arena are
 * tied to one by arena_defer(). An arena belongs to one thread at a time. Running out of memory
 * ends the process; sizes that an outsider controls are limited before they get here.
 *
 * Under AddressSanitizer bytes that are not given out are poisoned.
 */
struct arena;

/** arena_new() - an empty arena; the caller frees it with arena_free(). */
struct arena *arena_new(void) MUST_CHECK;

/** arena_free() - run the deferred calls in reverse order, give back all memory. NULL is fine. */
struct arena *arena_free(struct arena *a);

/** arena_freep() - for AUTO(): frees *@ap. */
void arena_freep(struct arena **ap);

/** arena_reset() - as free and new, but keeps the first block. */
void arena_reset(struct arena *a);

/** arena_alloc() - @n zeroed bytes aligned for any type; never NULL, also for 0. */
void *arena_alloc(struct arena *a, size_t n)
    __attribute__((alloc_size(2), returns_nonnull, malloc));

/** arena_array() - @n zeroed elements of @size bytes; aborts when the product overflows. */
void *arena_array(struct arena *a, size_t n, size_t size)
    __attribute__((alloc_size(2, 3), returns_nonnull, malloc));

#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))

/** arena_grow() - a copy of @old (@old_n elements of @size) with room for @new_n, rest zeroed. */
void *arena_grow(struct arena *a, const void *old, size_t old_n, size_t new_n, size_t size);

/*
 * ARENA_PUSH() - append @value to the arena array @items of length @n (an lvalue of size_t).
 * Capacity is the next power of two of the length, so no third field is needed.
 */
#define ARENA_PUSH(a, items, n, value)                                                 \
    do {                                                                               \
        if (((n) & ((n)-1)) == 0) {                                                    \
            (items) = arena_grow((a), (items), (n), (n) ? (n)*2 : 1, sizeof *(items)); \
        }                                                                              \
        (items)[(n)++] = (value);                                                      \
    } while (0)

/** arena_strdup() - a NUL-terminated copy of @s; NULL gives NULL. */
char *arena_strdup(struct arena *a, const char *s);

/** arena_strndup() - a NUL-terminated copy of the @n bytes at @s. */
char *arena_strndup(struct arena *a, const char *s, size_t n) __attribute__((returns_nonnull));

/** arena_str() - a NUL-terminated copy of @s. */
char *arena_str(struct arena *a, struct str s) __attribute__((returns_nonnull));

/** arena_memdup() - a copy of the @n bytes at @p. */
void *arena_memdup(struct arena *a, const void *p, size_t n) __attribute__((returns_nonnull));

/** arena_printf() - formatted text in @a. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0)
    __attribute__((returns_nonnull));

/** arena_defer() - call @fn(@p) when @a is freed or reset, newest first. */
void arena_defer(struct arena *a, void (*fn)(void *), void *p);

/** arena_bytes() - bytes taken from the system by @a. */
size_t arena_bytes(const struct arena *a);
