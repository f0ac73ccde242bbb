#include "store/record.h"

#include <string.h>

enum errcode store_one(struct store *s, struct arena *a, const struct record_type *type,
                       const struct record_term *terms, size_t n_terms, const char *what, void *out,
                       struct error *err)
{
    struct record_place p = store_place(s);
    struct record_query q = {.terms = terms, .n_terms = n_terms};
    enum errcode code = record_one(&p, a, type, &q, out, err);
    return code == ERR_NOT_FOUND ? ERROR(err, code, "no such %s", what) : code;
}

enum errcode store_all(struct store *s, struct arena *a, const struct record_type *type,
                       const struct record_query *q, void **out, size_t *n, struct error *err)
{
    struct record_place p = store_place(s);
    return record_list(&p, a, type, q, out, n, err);
}

enum errcode store_insert(struct store *s, const struct record_type *type, void *record,
                          struct error *err)
{
    struct record_place p = store_place(s);
    return record_insert(&p, type, record, err);
}

enum errcode store_update(struct store *s, const struct record_type *type, const void *record,
                          const char *const *fields, struct error *err)
{
    struct record_place p = store_place(s);
    return record_update(&p, type, record, fields, err);
}

enum errcode store_delete(struct store *s, const struct record_type *type,
                          const struct record_term *terms, size_t n_terms, int64_t *n,
                          struct error *err)
{
    struct record_place p = store_place(s);
    struct record_query q = {.terms = terms, .n_terms = n_terms};
    return record_delete(&p, type, &q, n, err);
}

const char *const *store_fields_with(struct arena *a, const char *const *fields, const char *more)
{
    size_t n = 0;
    if (!fields) {
        return NULL;
    }
    while (fields[n]) {
        n++;
    }
    const char **all = ARENA_ARRAY(a, n + 2, const char *);
    memcpy(all, fields, n * sizeof(*all));
    all[n] = more;
    return all;
}
