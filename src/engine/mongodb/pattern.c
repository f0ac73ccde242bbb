#include <locale.h>
#include <wctype.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/filter.h"

/*
 * LIKE as a regular expression. Case is folded here and not by the server's option "i": a
 * character is written as the class of all characters that fold to the same one, by the table of
 * the C library, so that every engine gives the same answer.
 */
static pthread_once_t table_once = PTHREAD_ONCE_INIT;
static struct pair {
    int32_t from, to; /* a character and what it folds to */
} * pairs;            /* sorted by `to` */
static size_t n_pairs;

#define PAIRS_MAX 4096

static void make_table(void)
{
    static struct pair room[PAIRS_MAX];
    locale_t l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    for (int32_t c = 'A'; c <= 'Z'; c++) {
        room[n_pairs++] = (struct pair){c, c + 32};
    }
    for (int32_t c = 128; l && c < 0x20000 && n_pairs < PAIRS_MAX; c++) {
        int32_t to = (int32_t)towlower_l((wint_t)c, l);
        if (to != c) {
            room[n_pairs++] = (struct pair){c, to};
        }
    }
    if (l) {
        freelocale(l);
    }
    for (size_t i = 1; i < n_pairs; i++) { /* nearly sorted already */
        struct pair p = room[i];
        size_t k = i;
        for (; k > 0 && room[k - 1].to > p.to; k--) {
            room[k] = room[k - 1];
        }
        room[k] = p;
    }
    pairs = room;
}

static int32_t fold(int32_t c)
{
    for (size_t i = 0; i < n_pairs; i++) {
        if (pairs[i].from == c) {
            return pairs[i].to;
        }
    }
    return c;
}

static void add_code(struct buf *b, int32_t c)
{
    bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c < 0) {
        buf_adds(b, "\\x{fffd}");
    } else if (c < 32 || c == 127) {
        buf_printf(b, "\\x{%x}", (unsigned)c);
    } else if (c < 128) {
        buf_adds(b, is_plain ? "" : "\\");
        buf_addc(b, (char)c);
    } else if (c < 0x800) {
        char two[] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 63))};
        buf_add(b, two, sizeof two);
    } else if (c < 0x10000) {
        char three[] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)),
                        (char)(0x80 | (c & 63))};
        buf_add(b, three, sizeof three);
    } else {
        char four[] = {(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 63)),
                       (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))};
        buf_add(b, four, sizeof four);
    }
}

static void add_char(struct buf *b, int32_t c, bool folded)
{
    if (!folded) {
        add_code(b, c);
        return;
    }
    (void)pthread_once(&table_once, make_table);
    int32_t low = fold(c);
    struct buf others;
    buf_init(&others, 4096);
    for (size_t i = 0; i < n_pairs; i++) {
        if (pairs[i].to == low) {
            add_code(&others, pairs[i].from);
        }
    }
    buf_adds(b, others.n ? "[" : "");
    add_code(b, low);
    buf_add_str(b, buf_str(&others));
    buf_adds(b, others.n ? "]" : "");
    buf_release(&others);
}

static const char *finish(struct arena *a, struct buf *b)
{
    const char *text = arena_str(a, buf_str(b));
    buf_release(b);
    return text;
}

const char *mongo_like_pattern(struct arena *a, struct str like, bool folded)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_adds(&b, "\\A");
    while (like.n) {
        char c = like.p[0];
        if (c == '%' || c == '_') {
            bool is_end = c == '%' && like.n == 1;
            buf_adds(&b, is_end ? "" : c == '%' ? ".*" : ".");
            like = str_sub(like, 1);
            if (is_end) {
                return finish(a, &b); /* anything may follow: no anchor */
            }
            continue;
        }
        if (c == '\\' && like.n > 1) {
            like = str_sub(like, 1);
        }
        add_char(&b, utf8_next(&like), folded);
    }
    buf_adds(&b, "\\z");
    return finish(a, &b);
}

const char *mongo_word_pattern(struct arena *a, struct str words)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    while (words.n) {
        add_char(&b, utf8_next(&words), true);
    }
    return finish(a, &b);
}
