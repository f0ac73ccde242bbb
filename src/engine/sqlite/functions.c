#include "engine/sqlite/functions.h"

#include <locale.h>
#include <stdatomic.h>
#include <wctype.h>

#include "base/attr.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/sqlite/json_check.h"

/* One locale for the process, whatever the environment says; never freed. */
static locale_t unicode_locale(void)
{
    static _Atomic(locale_t) shared;
    locale_t found = atomic_load(&shared);
    if (found) {
        return found;
    }
    locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t none = (locale_t)0;
    if (made && !atomic_compare_exchange_strong(&shared, &none, made)) {
        freelocale(made);
        made = none;
    }
    return made;
}

static int32_t fold(int32_t c)
{
    if (c < 128) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    locale_t l = unicode_locale();
    return l ? (int32_t)towlower_l((wint_t)c, l) : c;
}

static int32_t next_char(struct str *s, bool folded)
{
    int32_t c = utf8_next(s);
    return folded ? fold(c) : c;
}

/* One step of the pattern: % is -2, _ is -3, an escaped or plain character is itself. */
static int32_t next_pattern(struct str *p, bool folded)
{
    char c = p->p[0];
    if (c == '%' || c == '_') {
        *p = str_sub(*p, 1);
        return c == '%' ? -2 : -3;
    }
    if (c == '\\' && p->n > 1) {
        *p = str_sub(*p, 1);
    }
    return next_char(p, folded);
}

/* Matches with one point to return to, so the time is at most length times length. */
static bool is_like(struct str p, struct str s, bool folded)
{
    struct str retry_p = {NULL, 0};
    struct str retry_s = {NULL, 0};
    for (;;) {
        if (p.n) {
            struct str at = p;
            int32_t want = next_pattern(&p, folded);
            if (want == -2) {
                retry_p = p;
                retry_s = s;
                continue;
            }
            if (s.n) {
                int32_t got = next_char(&s, folded);
                if (want == -3 || want == got) {
                    continue;
                }
            }
            p = at;
        } else if (s.n == 0) {
            return true;
        }
        if (!retry_p.p || retry_s.n == 0) {
            return false;
        }
        (void)utf8_next(&retry_s);
        s = retry_s;
        p = retry_p;
    }
}

static bool starts_with(struct str s, struct str words)
{
    while (words.n) {
        if (s.n == 0 || next_char(&s, true) != next_char(&words, true)) {
            return false;
        }
    }
    return true;
}

static bool contains(struct str s, struct str words)
{
    do {
        if (starts_with(s, words)) {
            return true;
        }
        if (s.n) {
            (void)utf8_next(&s);
        }
    } while (s.n);
    return false;
}

static struct str text_of(sqlite3_value *v)
{
    const char *p = (const char *)sqlite3_value_text(v);
    return (struct str){p, p ? (size_t)sqlite3_value_bytes(v) : 0};
}

static bool is_null(sqlite3_value *v)
{
    return sqlite3_value_type(v) == SQLITE_NULL;
}

static void answer_like(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    (void)n;
    if (is_null(args[0]) || is_null(args[1])) {
        return;
    }
    bool folded = sqlite3_user_data(ctx) != NULL;
    sqlite3_result_int(ctx, is_like(text_of(args[0]), text_of(args[1]), folded));
}

static void answer_search(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    if (n < 1 || is_null(args[0])) {
        return;
    }
    struct str words = text_of(args[0]);
    bool found = false;
    for (int i = 1; i < n && !found; i++) {
        found = !is_null(args[i]) && contains(text_of(args[i]), words);
    }
    sqlite3_result_int(ctx, found);
}

/* SQLite's own json_valid() is not marked innocuous before 3.41, so CHECKs could not call it with
 * trusted_schema off. The same on our connections; other programs use theirs. */
static void answer_json(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    (void)n;
    if (!is_null(args[0])) {
        sqlite3_result_int(ctx, json_check(text_of(args[0])));
    }
}

/* A decimal text cut in pieces: sign, digits before the point, digits behind it. */
struct decimal {
    bool ok;
    bool negative;
    struct str whole, part;
};

static size_t digits(struct str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9') {
        n++;
    }
    return n;
}

static struct decimal read_decimal(struct str s)
{
    struct decimal d = {0};
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
        d.negative = s.p[0] == '-';
        s = str_sub(s, 1);
    }
    d.whole = (struct str){s.p, digits(s)};
    s = str_sub(s, d.whole.n);
    if (s.n && s.p[0] == '.') {
        s = str_sub(s, 1);
        d.part = (struct str){s.p, digits(s)};
        s = str_sub(s, d.part.n);
    }
    d.ok = s.n == 0 && d.whole.n + d.part.n > 0;
    while (d.whole.n && d.whole.p[0] == '0') {
        d.whole = str_sub(d.whole, 1);
    }
    while (d.part.n && d.part.p[d.part.n - 1] == '0') {
        d.part.n--;
    }
    d.negative = d.negative && d.whole.n + d.part.n > 0;
    return d;
}

static int compare_bytes(struct str x, struct str y)
{
    size_t n = x.n < y.n ? x.n : y.n;
    int order = n ? memcmp(x.p, y.p, n) : 0;
    return order ? order : (x.n > y.n) - (x.n < y.n);
}

static int compare_size(const struct decimal *x, const struct decimal *y)
{
    if (x->whole.n != y->whole.n) {
        return x->whole.n < y->whole.n ? -1 : 1;
    }
    int order = compare_bytes(x->whole, y->whole);
    return order ? order : compare_bytes(x->part, y->part);
}

/* Numbers before all other text, and those by their bytes. */
static int compare_decimals(void *unused, int nx, const void *px, int ny, const void *py)
{
    (void)unused;
    struct str sx = {px, (size_t)nx};
    struct str sy = {py, (size_t)ny};
    struct decimal x = read_decimal(sx);
    struct decimal y = read_decimal(sy);
    if (!x.ok || !y.ok) {
        return x.ok != y.ok ? (x.ok ? -1 : 1) : compare_bytes(sx, sy);
    }
    if (x.negative != y.negative) {
        return x.negative ? -1 : 1;
    }
    int order = compare_size(&x, &y);
    return x.negative ? -order : order;
}

enum errcode sqlite_functions_add(sqlite3 *db, struct error *err)
{
    static char folded[] = "folded";
    const int base = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    static const struct {
        const char *name;
        int n_args, flags;
        void *data;
        void (*answer)(sqlite3_context *ctx, int n, sqlite3_value **args);
    } rows[] = {
        {"telaio_like", 2, SQLITE_DIRECTONLY, NULL, answer_like},
        {"telaio_ilike", 2, SQLITE_DIRECTONLY, folded, answer_like},
        {"telaio_search", -1, SQLITE_DIRECTONLY, NULL, answer_search},
        {"json_valid", 1, SQLITE_INNOCUOUS, NULL, answer_json},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int rc = sqlite3_create_function_v2(db, rows[i].name, rows[i].n_args, base | rows[i].flags,
                                            rows[i].data, rows[i].answer, NULL, NULL, NULL);
        if (rc != SQLITE_OK) {
            return ERROR(err, ERR_INTERNAL, "function %s cannot be added", rows[i].name);
        }
    }
    if (sqlite3_create_collation_v2(db, "telaio_decimal", SQLITE_UTF8, NULL, compare_decimals,
                                    NULL) != SQLITE_OK) {
        return ERROR(err, ERR_INTERNAL, "collation telaio_decimal cannot be added");
    }
    return ERR_OK;
}
