#include "app/attributes.h"

#include <string.h>

#include "base/attr.h"
#include "base/utf8.h"
#include "catalog/where.h"

#define FIRST_PRINTABLE 0x20
#define DELETE          0x7f
#define LAST_CONTROL    0x9f

struct attribute {
    const char *key;
    size_t max; /* characters */
    bool is_required;
    bool is_long; /* may have line feeds */
    bool (*fits)(struct str s);
    const char *wrong;
};

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_color(struct str s)
{
    bool fits = s.n > 0 && s.p[0] == '#' && (s.n == 4 || s.n == 5 || s.n == 7 || s.n == 9);
    for (size_t i = 1; i < s.n && fits; i++) {
        fits = is_hex(s.p[i]);
    }
    return fits;
}

/* The name of an icon or an emoji: nothing that means something to markup or style. */
static bool is_icon(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (strchr("<>\"'&;:(){}\\/ ", s.p[i])) {
            return false;
        }
    }
    return true;
}

static const struct attribute attributes[] = {
    {"displayName", 500, true, false, NULL, NULL},
    {"description", 10000, false, true, NULL, NULL},
    {"icon", 50, false, false, is_icon, "an icon is a name or an emoji"},
    {"color", 20, false, false, is_color, "a color is #rgb or #rrggbb"},
    {"comment", 2000, false, true, NULL, NULL},
};

static bool is_control(int32_t c, bool is_long)
{
    bool is_break = c == '\n' || c == '\r' || c == '\t';
    bool is_low = c < FIRST_PRINTABLE && !(is_long && is_break);
    return is_low || (c >= DELETE && c <= LAST_CONTROL);
}

static const char *find_wrong(const struct attribute *a, struct str s)
{
    if (a->is_required && str_trim(s).n == 0) {
        return "this cannot be empty";
    }
    if (utf8_length(s) > a->max) {
        return "this is too long";
    }
    struct str rest = s;
    while (rest.n > 0) {
        if (is_control(utf8_next(&rest), a->is_long)) {
            return "this has characters that cannot be shown";
        }
    }
    return s.n > 0 && a->fits && !a->fits(s) ? a->wrong : NULL;
}

enum errcode attribute_check(const char *key, const char *value, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        const struct attribute *a = &attributes[i];
        const char *wrong = text_eq(a->key, key) ? find_wrong(a, str_of(value)) : NULL;
        if (wrong) {
            ERROR(err, ERR_INVALID, "%s", wrong);
            return error_where(err, "/%s", key);
        }
    }
    return ERR_OK;
}

enum errcode attributes_check_column(const struct column *c, struct error *err)
{
    if (c->display_name) {
        TRY(attribute_check("displayName", c->display_name, err));
    }
    return attribute_check("comment", c->comment, err);
}

enum errcode attributes_check_table(const struct table *t, struct error *err)
{
    if (t->display_name) {
        TRY(attribute_check("displayName", t->display_name, err));
    }
    TRY(attribute_check("description", t->description, err));
    TRY(attribute_check("icon", t->icon, err));
    TRY(attribute_check("color", t->color, err));
    TRY(attribute_check("comment", t->comment, err));
    for (size_t i = 0; i < t->n_columns; i++) {
        TRY(where_prefix(err, attributes_check_column(&t->columns[i], err), "/columns/%zu", i));
    }
    return ERR_OK;
}
