#include "app/names.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/utf8.h"

#define SLUG_MAX      44
#define NUMBERS_MAX   10000
#define FALLBACK_SLUG "table"

/* What letters beyond ASCII sound like, for three alphabets; other characters separate words. */
static const char *const latin[] = {
    "a", "a", "a",  "a",  "a", "a", "ae", "c",  "e",  "e", "e", "e", "i",  "i",  "i", "i", "d", "n",
    "o", "o", "o",  "o",  "o", "x", "o",  "u",  "u",  "u", "u", "y", "th", "ss", "a", "a", "a", "a",
    "a", "a", "ae", "c",  "e", "e", "e",  "e",  "i",  "i", "i", "i", "d",  "n",  "o", "o", "o", "o",
    "o", "",  "o",  "u",  "u", "u", "u",  "y",  "th", "y", "a", "a", "a",  "a",  "a", "a", "c", "c",
    "c", "c", "c",  "c",  "c", "c", "d",  "d",  "d",  "d", "e", "e", "e",  "e",  "e", "e", "e", "e",
    "e", "e", "g",  "g",  "g", "g", "g",  "g",  "g",  "g", "h", "h", "h",  "h",  "i", "i", "i", "i",
    "i", "i", "i",  "i",  "i", "i", "ij", "ij", "j",  "j", "k", "k", "k",  "l",  "l", "l", "l", "l",
    "l", "l", "l",  "l",  "l", "n", "n",  "n",  "n",  "n", "n", "n", "n",  "n",  "o", "o", "o", "o",
    "o", "o", "oe", "oe", "r", "r", "r",  "r",  "r",  "r", "s", "s", "s",  "s",  "s", "s", "s", "s",
    "t", "t", "t",  "t",  "t", "t", "u",  "u",  "u",  "u", "u", "u", "u",  "u",  "u", "u", "u", "u",
    "w", "w", "y",  "y",  "y", "z", "z",  "z",  "z",  "z", "z", "s",
};

static const char *const greek[] = {
    "a", "",  "e", "i",  "i",  "",   "o",  "",  "y", "o", "i", "a", "v", "g", "d",
    "e", "z", "i", "th", "i",  "k",  "l",  "m", "n", "x", "o", "p", "r", "",  "s",
    "t", "y", "f", "ch", "ps", "o",  "i",  "y", "a", "e", "i", "i", "y", "a", "v",
    "g", "d", "e", "z",  "i",  "th", "i",  "k", "l", "m", "n", "x", "o", "p", "r",
    "s", "s", "t", "y",  "f",  "ch", "ps", "o", "i", "y", "o", "y", "o",
};

static const char *const cyrillic[] = {
    "e", "yo", "dj", "g", "ye", "dz", "i",  "yi", "j",  "lj",   "nj", "c", "k", "i", "u",  "dz",
    "a", "b",  "v",  "g", "d",  "e",  "zh", "z",  "i",  "y",    "k",  "l", "m", "n", "o",  "p",
    "r", "s",  "t",  "u", "f",  "kh", "ts", "ch", "sh", "shch", "",   "y", "",  "e", "yu", "ya",
    "a", "b",  "v",  "g", "d",  "e",  "zh", "z",  "i",  "y",    "k",  "l", "m", "n", "o",  "p",
    "r", "s",  "t",  "u", "f",  "kh", "ts", "ch", "sh", "shch", "",   "y", "",  "e", "yu", "ya",
    "e", "yo", "dj", "g", "ye", "dz", "i",  "yi", "j",  "lj",   "nj", "c", "k", "i", "u",  "dz",
};

static const struct {
    int32_t first;
    size_t n;
    const char *const *texts;
} alphabets[] = {
    {0xc0, ARRAY_LEN(latin), latin},
    {0x386, ARRAY_LEN(greek), greek},
    {0x400, ARRAY_LEN(cyrillic), cyrillic},
};

static const char *sound_of(int32_t c)
{
    for (size_t i = 0; i < ARRAY_LEN(alphabets); i++) {
        int32_t at = c - alphabets[i].first;
        if (at >= 0 && (size_t)at < alphabets[i].n) {
            return alphabets[i].texts[at];
        }
    }
    return "";
}

/* Accents that stand behind their letter, as in decomposed text. */
static bool is_accent(int32_t c)
{
    return c >= 0x300 && c <= 0x36f;
}

static void add_character(struct buf *b, int32_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        buf_addc(b, (char)c);
    } else if (c >= 'A' && c <= 'Z') {
        buf_addc(b, (char)(c - 'A' + 'a'));
    } else if (*sound_of(c)) {
        buf_adds(b, sound_of(c));
    } else if (!is_accent(c) && c != '\'' && b->n > 0 && b->p[b->n - 1] != '_') {
        buf_addc(b, '_');
    }
}

char *name_slug(struct arena *a, const char *text)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct str rest = str_of(text);
    while (rest.n > 0 && b.n <= SLUG_MAX) {
        add_character(&b, utf8_next(&rest));
    }
    struct str slug = {b.p, b.n < SLUG_MAX ? b.n : SLUG_MAX};
    while (slug.n > 0 && slug.p[slug.n - 1] == '_') {
        slug.n--;
    }
    char *out = slug.n > 0 ? arena_str(a, slug) : arena_strdup(a, FALLBACK_SLUG);
    buf_release(&b);
    return out;
}

char *name_for_table(struct arena *a, const char *display_name, name_taken_fn *taken, void *arg)
{
    const char *slug = name_slug(a, display_name);
    char *name = arena_printf(a, MANAGED_PREFIX "%s", slug);
    for (int i = 2; taken(name, arg) && i < NUMBERS_MAX; i++) {
        name = arena_printf(a, MANAGED_PREFIX "%s_%d", slug, i);
    }
    return name;
}

char *name_managed(struct arena *a, const char *name)
{
    bool has_prefix = str_starts(str_of(name), STR(MANAGED_PREFIX));
    char *out = arena_printf(a, "%s%s", has_prefix ? "" : MANAGED_PREFIX, name);
    for (char *p = out; *p; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    }
    return out;
}
