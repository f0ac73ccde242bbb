#include "base/arena.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#define REDZONE        16u
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define REDZONE        0u
#endif

#define ALIGNMENT   16u
#define BLOCK_FIRST 4096u
#define BLOCK_MAX   (256u << 10)
#define CLEAN_MAX   (64u << 10) /* a first block that is larger is no first block of many */

/* What is given out is zeroed: the first block of an arena is so as a whole, and again before it is
 * used anew; later ones piece by piece, for who knows how much of them will be used. */
struct block {
    struct block *next;
    size_t used; /* known when it is no longer the newest */
    size_t cap;
    bool is_clean;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct defer {
    struct defer *next;
    void (*fn)(void *);
    void *p;
};

struct arena {
    unsigned char *at, *end; /* what is left of the newest block */
    struct block *blocks;    /* newest first; allocation happens in the newest */
    struct defer *defers;    /* newest first */
    size_t total;
    struct arena *next; /* of the spare ones */
};

void bug_at(const char *file, int line, const char *what)
{
    fprintf(stderr, "telaio: broken invariant at %s:%d: %s\n", file, line, what);
    abort();
}

/*
 * Arenas and first blocks are kept for the next ones of their thread: every request and every
 * session makes one. Not under a sanitizer, which should see each come and go.
 */
#ifdef ARENA_ASAN
#define SPARE_MAX 0
#else
#define SPARE_MAX 64
#endif

static _Thread_local struct spare {
    struct block *blocks;
    struct arena *arenas;
    int n_blocks, n_arenas;
    bool is_known; /* the thread's end frees them */
} spare;
static pthread_key_t spare_key;
static pthread_once_t spare_once = PTHREAD_ONCE_INIT;

static void free_spare(void *p)
{
    struct spare *s = p;
    while (s->blocks) {
        struct block *b = s->blocks;
        s->blocks = b->next;
        free(b);
    }
    while (s->arenas) {
        struct arena *a = s->arenas;
        s->arenas = a->next;
        free(a);
    }
    s->n_blocks = s->n_arenas = SPARE_MAX; /* what other destructors free is not kept */
}

static void make_spare_key(void)
{
    BUG_ON(pthread_key_create(&spare_key, free_spare) != 0);
}

/* Before the thread keeps its first. */
static void make_known(void)
{
    if (!spare.is_known) {
        BUG_ON(pthread_once(&spare_once, make_spare_key) != 0);
        BUG_ON(pthread_setspecific(spare_key, &spare) != 0);
        spare.is_known = true;
    }
}

static struct block *take_block(size_t cap, bool is_clean)
{
    struct block *b = spare.blocks;
    if (cap == BLOCK_FIRST && b) {
        spare.blocks = b->next;
        spare.n_blocks--;
        return b;
    }
    b = is_clean ? calloc(1, sizeof *b + cap) : malloc(sizeof *b + cap);
    BUG_ON(!b);
    b->cap = cap;
    b->is_clean = is_clean;
    return b;
}

static void free_block(struct block *b)
{
    UNPOISON(b->bytes, b->cap);
    if (b->cap != BLOCK_FIRST || spare.n_blocks >= SPARE_MAX) {
        free(b);
        return;
    }
    make_known();
    memset(b->bytes, 0, b->used);
    b->next = spare.blocks;
    spare.blocks = b;
    spare.n_blocks++;
}

static void note_used(struct arena *a)
{
    if (a->blocks) {
        a->blocks->used = (size_t)(a->at - a->blocks->bytes);
    }
}

static void give_from(struct arena *a, struct block *b)
{
    a->at = b->bytes;
    a->end = b->bytes + b->cap;
    POISON(b->bytes, b->cap);
}

static void add_block(struct arena *a, size_t cap)
{
    struct block *b = take_block(cap, !a->blocks && cap <= CLEAN_MAX);
    note_used(a);
    b->next = a->blocks;
    a->blocks = b;
    a->total += sizeof *b + cap;
    give_from(a, b);
}

struct arena *arena_new(void)
{
    struct arena *a = spare.arenas;
    if (a) {
        spare.arenas = a->next;
        spare.n_arenas--;
        *a = (struct arena){0};
        return a;
    }
    a = calloc(1, sizeof *a);
    BUG_ON(!a);
    return a;
}

static void run_defers(struct arena *a)
{
    while (a->defers) {
        struct defer *d = a->defers;
        a->defers = d->next;
        d->fn(d->p);
    }
}

struct arena *arena_free(struct arena *a)
{
    if (!a) {
        return NULL;
    }
    run_defers(a);
    note_used(a);
    while (a->blocks) {
        struct block *b = a->blocks;
        a->blocks = b->next;
        free_block(b);
    }
    if (spare.n_arenas >= SPARE_MAX) {
        free(a);
        return NULL;
    }
    make_known();
    a->next = spare.arenas;
    spare.arenas = a;
    spare.n_arenas++;
    return NULL;
}

void arena_freep(struct arena **ap)
{
    *ap = arena_free(*ap);
}

void arena_reset(struct arena *a)
{
    run_defers(a);
    note_used(a);
    while (a->blocks && a->blocks->next) {
        struct block *b = a->blocks;
        a->blocks = b->next;
        a->total -= sizeof *b + b->cap;
        free_block(b);
    }
    if (a->blocks) {
        UNPOISON(a->blocks->bytes, a->blocks->used);
        if (a->blocks->is_clean) {
            memset(a->blocks->bytes, 0, a->blocks->used);
        }
        give_from(a, a->blocks);
    }
}

/* From a new block, or from one that is not clean. Apart, so that the usual way stays short. */
static __attribute__((noinline)) void *alloc_slowly(struct arena *a, size_t n, size_t need)
{
    if (need > (size_t)(a->end - a->at)) {
        size_t cap = a->blocks ? a->blocks->cap * 2 : BLOCK_FIRST;
        cap = cap > BLOCK_MAX ? BLOCK_MAX : cap;
        add_block(a, cap < need ? need : cap);
    }
    unsigned char *p = a->at;
    a->at += need;
    UNPOISON(p, n);
    if (!a->blocks->is_clean) {
        memset(p, 0, n);
    }
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    BUG_ON(n > SIZE_MAX / 2);
    size_t need = (n + (n == 0) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + REDZONE;
    if (need > (size_t)(a->end - a->at) || !a->blocks->is_clean) {
        return alloc_slowly(a, n, need);
    }
    unsigned char *p = a->at;
    a->at += need;
    UNPOISON(p, n);
    return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    BUG_ON(__builtin_mul_overflow(n, size, &bytes));
    return arena_alloc(a, bytes);
}

void *arena_grow(struct arena *a, const void *old, size_t old_n, size_t new_n, size_t size)
{
    BUG_ON(new_n < old_n);
    void *p = arena_array(a, new_n, size);
    if (old_n > 0) {
        memcpy(p, old, old_n * size);
    }
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);
    if (n > 0) {
        memcpy(p, s, n);
    }
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_str(struct arena *a, struct str s)
{
    return arena_strndup(a, s.p, s.n);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
    return arena_strndup(a, p, n);
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    BUG_ON(n < 0);
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *p = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return p;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
    struct defer *d = ARENA_NEW(a, struct defer);
    *d = (struct defer){.next = a->defers, .fn = fn, .p = p};
    a->defers = d;
}

size_t arena_bytes(const struct arena *a)
{
    return a->total;
}
