#include "data/rules.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/regex.h"
#include "base/utf8.h"

static enum errcode broken(struct arena *a, const struct column *c, enum errcode code,
                           const char *rule, const char *limit, struct error *err)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    jsonw_kv_text(&w, "column", c->name);
    jsonw_kv_text(&w, "rule", rule);
    jsonw_kv_text(&w, "limit", limit);
    jsonw_end_object(&w);
    (void)ERROR(err, code, "\"%s\" breaks its rule %s%s%s", c->name, rule, limit ? " " : "",
                limit ? limit : "");
    (void)error_params(err, buf_text(&b));
    buf_clear(&b);
    doc_pointer_token(&b, c->name);
    (void)error_where(err, "%s", arena_str(a, buf_str(&b)));
    buf_release(&b);
    return code;
}

static enum errcode check_text(struct arena *a, const struct rules *rules, struct str s,
                               struct error *err)
{
    const struct column *c = rules->column;
    const struct column_rules *r = &c->rules;
    int64_t n = (int64_t)utf8_length(s);
    if (r->has_min_length && n < r->min_length) {
        return broken(a, c, ERR_INVALID_VALUE, "minLength",
                      arena_printf(a, "%lld", (long long)r->min_length), err);
    }
    if (r->has_max_length && n > r->max_length) {
        return broken(a, c, ERR_INVALID_VALUE, "maxLength",
                      arena_printf(a, "%lld", (long long)r->max_length), err);
    }
    bool matches = true;
    if (rules->pattern && (regex_match(rules->pattern, s, &matches, NULL) != ERR_OK || !matches)) {
        return broken(a, c, ERR_INVALID_VALUE, "pattern", r->pattern, err);
    }
    bool is_listed = r->n_one_of == 0;
    for (size_t i = 0; i < r->n_one_of && !is_listed; i++) {
        is_listed = str_is(s, r->one_of[i]);
    }
    return is_listed ? ERR_OK : broken(a, c, ERR_INVALID_VALUE, "enum", NULL, err);
}

static enum errcode check_number(struct arena *a, const struct column *c, double f,
                                 struct error *err)
{
    const struct column_rules *r = &c->rules;
    if (r->has_min && f < r->min) {
        return broken(a, c, ERR_INVALID_VALUE, "min", arena_printf(a, "%.15g", r->min), err);
    }
    if (r->has_max && f > r->max) {
        return broken(a, c, ERR_INVALID_VALUE, "max", arena_printf(a, "%.15g", r->max), err);
    }
    return ERR_OK;
}

enum errcode rules_prepare(struct arena *a, const struct column *c, struct rules *out,
                           struct error *err)
{
    struct regex *pattern = NULL;
    if (c->rules.pattern) {
        TRY(regex_compile(a, c->rules.pattern, &pattern, err));
    }
    *out = (struct rules){c, pattern};
    return ERR_OK;
}

enum errcode rules_judge(struct arena *a, const struct rules *rules, struct value v,
                         struct error *err)
{
    double f = 0;
    const struct column *c = rules->column;
    if (v.kind == VALUE_NULL) {
        return c->is_nullable ? ERR_OK
                              : broken(a, c, ERR_NOT_NULL_VIOLATION, "required", NULL, err);
    }
    if (v.kind == VALUE_INT || v.kind == VALUE_FLOAT) {
        return check_number(a, c, v.kind == VALUE_INT ? (double)v.i : v.f, err);
    }
    if (v.kind == VALUE_TEXT && type_is_number(&c->type) && str_double(v.s, &f)) {
        return check_number(a, c, f, err);
    }
    return v.kind == VALUE_TEXT ? check_text(a, rules, v.s, err) : ERR_OK;
}

enum errcode rules_check(struct arena *a, const struct column *c, struct value v, struct error *err)
{
    struct rules rules = {.column = c};
    if (v.kind == VALUE_TEXT) {
        TRY(rules_prepare(a, c, &rules, err));
    }
    return rules_judge(a, &rules, v, err);
}
