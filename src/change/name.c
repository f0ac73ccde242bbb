#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "change/change.h"

#define NAME_MAX_BYTES 58
#define GENERATED_MAX  63
#define HASH_TAIL      8

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool starts_nocase(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq_nocase((struct str){s.p, prefix.n}, prefix);
}

enum errcode name_check(const char *what, const char *name, struct error *err)
{
    struct str s = str_of(name);
    if (s.n == 0) {
        return ERROR(err, ERR_INVALID, "a %s needs a name", what);
    }
    if (s.n > NAME_MAX_BYTES) {
        return ERROR(err, ERR_INVALID, "the name of a %s has at most %d characters", what,
                     NAME_MAX_BYTES);
    }
    bool legal = is_letter(s.p[0]);
    for (size_t i = 0; i < s.n; i++) {
        legal = legal && (is_letter(s.p[i]) || (s.p[i] >= '0' && s.p[i] <= '9'));
    }
    if (!legal) {
        return ERROR(err, ERR_INVALID,
                     "the name of a %s has letters, digits and underscores, no digit first", what);
    }
    if (starts_nocase(s, STR(TELAIO_PREFIX)) || starts_nocase(s, STR("sqlite_"))) {
        return ERROR(err, ERR_INVALID, "the name \"%s\" is reserved", name);
    }
    return ERR_OK;
}

char *name_generate(struct arena *a, const char *kind, const char *table,
                    const char *const *columns, size_t n_columns)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_printf(&b, "%s_%s", kind, table ? table : "");
    for (size_t i = 0; i < n_columns; i++) {
        buf_printf(&b, "_%s", columns[i]);
    }
    struct str full = buf_str(&b);
    char *name = NULL;
    if (full.n <= GENERATED_MAX) {
        name = arena_str(a, full);
    } else {
        struct str head = utf8_cut(full, GENERATED_MAX - HASH_TAIL - 1);
        name = arena_printf(a, "%.*s_%.*s", (int)head.n, head.p, HASH_TAIL, sha256_hex(a, full));
    }
    buf_release(&b);
    return name;
}
