#include "authz/pattern.h"

#define SEGMENT_MAX 63
#define KEY_MAX     255

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_segment(struct str s)
{
    if (s.n == 0 || s.n > SEGMENT_MAX || !is_alphanumeric(s.p[0])) {
        return false;
    }
    for (size_t i = 1; i < s.n; i++) {
        if (!is_alphanumeric(s.p[i]) && s.p[i] != '_' && s.p[i] != '-') {
            return false;
        }
    }
    return true;
}

/* One segment or more, joined by single dots; @n counts them. */
static bool count_segments(struct str s, size_t *n)
{
    struct str rest = s, segment;
    *n = 0;
    while (str_split(&rest, '.', &segment)) {
        if (!is_segment(segment)) {
            return false;
        }
        ++*n;
    }
    return *n > 0;
}

bool slug_valid(struct str slug)
{
    size_t n;
    return slug.n <= SLUG_MAX && count_segments(slug, &n) && n >= 2;
}

static bool ends_in_star(struct str s)
{
    return s.n > 2 && s.p[s.n - 1] == '*' && s.p[s.n - 2] == '.';
}

bool pattern_valid(struct str pattern)
{
    size_t n;
    if (pattern.n > SLUG_MAX) {
        return false;
    }
    if (str_is(pattern, "*.*")) {
        return true;
    }
    if (str_starts(pattern, STR("*."))) {
        return is_segment(str_sub(pattern, 2));
    }
    if (ends_in_star(pattern)) {
        return count_segments((struct str){pattern.p, pattern.n - 2}, &n);
    }
    return slug_valid(pattern);
}

static struct str last_segment(struct str slug)
{
    for (size_t i = slug.n; i > 0; i--) {
        if (slug.p[i - 1] == '.') {
            return str_sub(slug, i);
        }
    }
    return slug;
}

bool pattern_matches(struct str pattern, enum action action)
{
    const struct action_row *row = action_row(action);
    struct str slug = str_of(row->slug);
    if (action <= ACTION_SIGNED_IN || slug.n == 0 || !pattern_valid(pattern)) {
        return false;
    }
    if (str_eq(pattern, slug)) {
        return true;
    }
    if (row->flags & ACTION_IS_RESERVED) {
        return false;
    }
    if (str_is(pattern, "*.*")) {
        return true;
    }
    if (str_starts(pattern, STR("*."))) {
        return str_eq(str_sub(pattern, 2), last_segment(slug));
    }
    return ends_in_star(pattern) && str_starts(slug, (struct str){pattern.p, pattern.n - 1});
}

void allow_split(struct str entry, struct str *pattern, struct str *scope)
{
    size_t at = str_find(entry, '@');
    *pattern = (struct str){entry.p, at};
    *scope = at < entry.n ? str_sub(entry, at + 1) : (struct str){NULL, 0};
}

static bool scope_valid(struct str scope)
{
    static const struct str types[] = {{"tenant:", 7}, {"source:", 7}, {"table:", 6}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (str_starts(scope, types[i])) {
            return scope.n > types[i].n && scope.n - types[i].n <= KEY_MAX;
        }
    }
    return false;
}

static bool matches_anything(struct str pattern)
{
    for (size_t i = ACTION_SIGNED_IN + 1; i < ACTION_N; i++) {
        if (pattern_matches(pattern, (enum action)i)) {
            return true;
        }
    }
    return false;
}

enum errcode allow_check(struct str entry, struct error *err)
{
    struct str pattern, scope;
    allow_split(entry, &pattern, &scope);
    if (!pattern_valid(pattern)) {
        enum errcode code =
            ERROR(err, ERR_INVALID, "\"%.*s\" is no pattern", (int)pattern.n, pattern.p);
        (void)error_hint(err, "use a permission, \"resource.*\", \"*.action\" or \"*.*\"");
        return code;
    }
    if (!matches_anything(pattern)) {
        return ERROR(err, ERR_INVALID, "no permission matches \"%.*s\"", (int)pattern.n, pattern.p);
    }
    if (pattern.n < entry.n && !scope_valid(scope)) {
        enum errcode code =
            ERROR(err, ERR_INVALID, "\"%.*s\" is no scope", (int)scope.n, scope.p ? scope.p : "");
        (void)error_hint(err, "use tenant:SLUG, source:NAME or table:NAME");
        return code;
    }
    return ERR_OK;
}
