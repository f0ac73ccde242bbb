#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_LIMIT 100000 /* steps; about a millisecond */
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT  1024 /* KiB */

struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static void free_regex(void *p)
{
    struct regex *re = p;
    pcre2_match_context_free(re->limits);
    pcre2_code_free(re->code);
}

enum errcode regex_compile(struct arena *a, const char *pattern, struct regex **out,
                           struct error *err)
{
    size_t n = strlen(pattern);
    if (n > REGEX_PATTERN_MAX) {
        return ERROR(err, ERR_INVALID, "a pattern has at most %d bytes", REGEX_PATTERN_MAX);
    }
    int code = 0;
    PCRE2_SIZE at = 0;
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, n, options, &code, &at, NULL);
    if (!compiled) {
        PCRE2_UCHAR text[128];
        BUG_ON(code == PCRE2_ERROR_NOMEMORY);
        pcre2_get_error_message(code, text, sizeof text);
        return ERROR(err, ERR_INVALID, "the pattern is wrong at character %zu: %s", at + 1,
                     (const char *)text);
    }
    struct regex *re = ARENA_NEW(a, struct regex);
    re->code = compiled;
    re->limits = pcre2_match_context_create(NULL);
    BUG_ON(!re->limits);
    pcre2_set_match_limit(re->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(re->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(re->limits, HEAP_LIMIT);
    arena_defer(a, free_regex, re);
    *out = re;
    return ERR_OK;
}

enum errcode regex_match(const struct regex *re, struct str s, bool *matches, struct error *err)
{
    pcre2_match_data *found = pcre2_match_data_create(1, NULL);
    BUG_ON(!found);
    int rc = pcre2_match(re->code, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, 0, 0, found, re->limits);
    pcre2_match_data_free(found);
    if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH) {
        *matches = rc >= 0;
        return ERR_OK;
    }
    BUG_ON(rc == PCRE2_ERROR_NOMEMORY);
    return ERROR(err, ERR_INVALID, "the pattern takes too long on this text, or it is not UTF-8");
}
