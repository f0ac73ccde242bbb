#include "migrate/change_run.h"

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "migrate/recover.h"

#define LIST_DEFAULT 50
#define TERMS_MAX    8

/* The pattern that finds a table's name in the JSON array of names. */
static const char *tables_pattern(struct arena *a, const char *table)
{
    struct buf quoted, pattern;
    buf_init(&quoted, BUF_MAX_DEFAULT);
    buf_init(&pattern, BUF_MAX_DEFAULT);
    json_quote(&quoted, str_of(table));
    buf_addc(&pattern, '%');
    for (size_t i = 0; i < quoted.n; i++) {
        if (strchr("%_\\", quoted.p[i])) {
            buf_addc(&pattern, '\\');
        }
        buf_addc(&pattern, quoted.p[i]);
    }
    buf_addc(&pattern, '%');
    const char *text = arena_str(a, buf_str(&pattern));
    buf_release(&quoted);
    buf_release(&pattern);
    return text;
}

enum errcode migrate_list(const struct journal *j, const struct migrate_filter *f, struct arena *a,
                          struct change_record **out, size_t *n, struct error *err)
{
    struct record_place p = journal_place(j);
    struct record_term terms[TERMS_MAX];
    size_t n_terms = 0;
    if (f->tenant_id) {
        terms[n_terms++] = (struct record_term){"tenant_id", FILTER_EQ, value_int(f->tenant_id)};
    }
    if (f->source) {
        terms[n_terms++] = (struct record_term){"source", FILTER_EQ, value_text(f->source)};
    }
    if (f->table) {
        terms[n_terms++] =
            (struct record_term){"tables", FILTER_LIKE, value_text(tables_pattern(a, f->table))};
    }
    terms[n_terms++] = (struct record_term){"state", f->state ? FILTER_EQ : FILTER_NEQ,
                                            value_text(f->state ? f->state : "planned")};
    if (f->kind) {
        terms[n_terms++] = (struct record_term){"kind", FILTER_EQ, value_text(f->kind)};
    }
    if (f->before_id) {
        struct change_record last = {0};
        TRY(migrate_get(j, f->tenant_id, f->before_id, a, &last, err));
        terms[n_terms++] =
            (struct record_term){"created_at", FILTER_LT, value_int(last.created_at)};
    }
    struct record_query q = {.terms = terms,
                             .n_terms = n_terms,
                             .order = "created_at",
                             .is_descending = true,
                             .limit = f->limit > 0 ? f->limit : LIST_DEFAULT};
    void *found = NULL;
    TRY(record_list(&p, a, &change_record_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode migrate_get(const struct journal *j, int64_t tenant_id, const char *id,
                         struct arena *a, struct change_record *out, struct error *err)
{
    struct record_place p = journal_place(j);
    struct record_term terms[] = {{"id", FILTER_EQ, value_text(id)},
                                  {"tenant_id", FILTER_EQ, value_int(tenant_id)}};
    struct record_query q = {.terms = terms, .n_terms = tenant_id ? 2 : 1};
    enum errcode code = record_one(&p, a, &change_record_type, &q, out, err);
    return code == ERR_NOT_FOUND ? ERROR(err, code, "no change \"%s\"", id) : code;
}

enum errcode migrate_steps(const struct journal *j, const char *id, struct arena *a,
                           struct change_step **out, size_t *n, struct error *err)
{
    struct record_place p = journal_place(j);
    struct record_term term = {"change_id", FILTER_EQ, value_text(id)};
    struct record_query q = {.terms = &term, .n_terms = 1, .order = "n"};
    void *found = NULL;
    TRY(record_list(&p, a, &change_step_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

enum errcode migrate_open_count(const struct journal *j, int64_t *out, struct error *err)
{
    static const char *const states[] = {"running", "needs_attention"};
    struct record_place p = journal_place(j);
    int64_t total = 0;
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct record_term term = {"state", FILTER_EQ, value_text(states[i])};
        struct record_query q = {.terms = &term, .n_terms = 1};
        int64_t n = 0;
        TRY(record_count(&p, &change_record_type, &q, &n, err));
        total += n;
    }
    *out = total;
    return ERR_OK;
}
