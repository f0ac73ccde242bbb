#pragma once

#include "base/attr.h"
#include "store/store.h"

/* Inside of the room: the few lines that every record's verbs are made of. */
#define TERM(field_, op_, value_) ((struct record_term){(field_), FILTER_##op_, (value_)})

#define RECORD_TYPE(name_, table_, type_, fields_, key_) \
    const struct record_type name_ = {                   \
        .table = (table_),                               \
        .size = sizeof(type_),                           \
        .fields = (fields_),                             \
        .n_fields = ARRAY_LEN(fields_),                  \
        .key = (key_),                                   \
    }

/** store_one() - the record that all @terms fit. Errors: ERR_NOT_FOUND with "no @what". */
enum errcode store_one(struct store *s, struct arena *a, const struct record_type *type,
                       const struct record_term *terms, size_t n_terms, const char *what, void *out,
                       struct error *err) MUST_CHECK;
enum errcode store_all(struct store *s, struct arena *a, const struct record_type *type,
                       const struct record_query *q, void **out, size_t *n,
                       struct error *err) MUST_CHECK;
enum errcode store_insert(struct store *s, const struct record_type *type, void *record,
                          struct error *err) MUST_CHECK;
enum errcode store_update(struct store *s, const struct record_type *type, const void *record,
                          const char *const *fields, struct error *err) MUST_CHECK;
enum errcode store_delete(struct store *s, const struct record_type *type,
                          const struct record_term *terms, size_t n_terms, int64_t *n,
                          struct error *err) MUST_CHECK;

/** store_fields_with() - @fields (NULL = all, stays NULL) and one more. */
const char *const *store_fields_with(struct arena *a, const char *const *fields, const char *more);
