#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "engine/engine.h"
#include "query/query.h"

/*
 * Records: rows of Telaio's own tables as C structs, without a word of SQL. A record type is a
 * table of fields, each with its column's name, its kind and its place in the struct. Texts of a
 * record that was read live in the arena that was given.
 */
enum field_kind {
    FIELD_NONE = 0,
    FIELD_INT,  /* int64_t */
    FIELD_REF,  /* int64_t; 0 is NULL */
    FIELD_BOOL, /* bool */
    FIELD_TEXT, /* const char *; NULL is NULL */
    FIELD_TIME, /* int64_t, microseconds since 1970 UTC; 0 is NULL; the column is an instant */
};

struct record_field {
    const char *name;
    enum field_kind kind;
    size_t offset;
    bool is_identity; /* given by the engine at insert when it is 0 */
};

struct record_type {
    const char *table;
    size_t size;
    const struct record_field *fields;
    size_t n_fields;
    const char *key; /* the column that update and delete go by */
};

#define RECORD_FIELD(type, member, kind_)                                        \
    {                                                                            \
        .name = #member, .kind = FIELD_##kind_, .offset = offsetof(type, member) \
    }
#define RECORD_IDENTITY(type, member)                                                             \
    {                                                                                             \
        .name = #member, .kind = FIELD_INT, .offset = offsetof(type, member), .is_identity = true \
    }

/* Where records are: a namespace and what it holds. The catalog is borrowed. */
struct record_place {
    struct engine *engine;
    struct str ns;
    const struct catalog *catalog;
};

/* "field op value"; the terms of a question are joined by AND. */
struct record_term {
    const char *field;
    enum filter_op op;  /* EQ … GTE, LIKE, ILIKE, IS_NULL, IS_NOT_NULL */
    struct value value; /* of a FIELD_TIME: value_int of the microseconds */
};

struct record_query {
    const struct record_term *terms;
    size_t n_terms;
    const char *order; /* a field, NULL = the key */
    bool is_descending;
    int64_t limit; /* 0 = no limit */
    int64_t offset;
    bool holds; /* as query.holds */
};

/**
 * record_list() - the records that match, in one array of @type->size elements in @a
 * Errors: ERR_INTERNAL when the table or a column is not there, the engine's.
 */
enum errcode record_list(const struct record_place *p, struct arena *a,
                         const struct record_type *type, const struct record_query *q, void **out,
                         size_t *n, struct error *err) MUST_CHECK;
/** record_one() - the first that matches, at @out. Errors: ERR_NOT_FOUND, those of record_list. */
enum errcode record_one(const struct record_place *p, struct arena *a,
                        const struct record_type *type, const struct record_query *q, void *out,
                        struct error *err) MUST_CHECK;
enum errcode record_count(const struct record_place *p, const struct record_type *type,
                          const struct record_query *q, int64_t *out, struct error *err) MUST_CHECK;

/** record_insert() - a row of its own transaction; an identity of 0 is set to what was given.
 *  Errors: ERR_UNIQUE_VIOLATION naming the index, the engine's. */
enum errcode record_insert(const struct record_place *p, const struct record_type *type,
                           void *record, struct error *err) MUST_CHECK;
/**
 * record_update() - write @fields (NULL-terminated names; NULL = all but the key) of @record to
 * the row with its key. Errors: ERR_NOT_FOUND, those of record_insert.
 */
enum errcode record_update(const struct record_place *p, const struct record_type *type,
                           const void *record, const char *const *fields,
                           struct error *err) MUST_CHECK;
/** record_delete() - all that match; *@n (may be NULL) how many. At least one term is required. */
enum errcode record_delete(const struct record_place *p, const struct record_type *type,
                           const struct record_query *q, int64_t *n, struct error *err) MUST_CHECK;

/* The same inside a session that may write (transact, or a SCHEMA session), or that reads. */
enum errcode record_list_in(struct session *s, const struct record_place *p, struct arena *a,
                            const struct record_type *type, const struct record_query *q,
                            void **out, size_t *n, struct error *err) MUST_CHECK;
enum errcode record_insert_in(struct session *s, const struct record_place *p,
                              const struct record_type *type, void *record,
                              struct error *err) MUST_CHECK;
enum errcode record_update_in(struct session *s, const struct record_place *p,
                              const struct record_type *type, const void *record,
                              const char *const *fields, struct error *err) MUST_CHECK;
enum errcode record_delete_in(struct session *s, const struct record_place *p,
                              const struct record_type *type, const struct record_query *q,
                              int64_t *n, struct error *err) MUST_CHECK;
