#pragma once

#include "store/store.h"

/*
 * The databases that a tenant has attached. A row named "main" is no database: it holds the policy
 * of the tenant's own tables.
 */
#define SOURCE_MAIN "main"

struct source_record {
    const char *id; /* uuid */
    int64_t tenant_id;
    const char *name; /* [a-z0-9_-], never changes */
    const char *display_name;
    const char *kind;    /* "postgresql"; a word that no kind of this program has is kept */
    const char *options; /* JSON object: host, port, database …, never the password */
    const char *secret;  /* the password, sealed under store_source_context(); NULL = none */
    bool is_writable;
    const char *allow_tables, *forbid_tables; /* JSON arrays of patterns or NULL */
    const char *policy;                       /* JSON object or NULL */
    int64_t created_at, updated_at;
    int64_t created_by;
};

extern const struct record_type store_source_type;

/** store_source_by_name() - Errors: ERR_NOT_FOUND. */
enum errcode store_source_by_name(struct store *s, struct arena *a, int64_t tenant_id,
                                  struct str name, struct source_record *out,
                                  struct error *err) MUST_CHECK;
/** store_source_by_id() - of any tenant, for the server's own work. Errors: ERR_NOT_FOUND. */
enum errcode store_source_by_id(struct store *s, struct arena *a, struct str id,
                                struct source_record *out, struct error *err) MUST_CHECK;
/** store_source_list() - by name, "main" too when it has a row. */
enum errcode store_source_list(struct store *s, struct arena *a, int64_t tenant_id,
                               struct source_record **out, size_t *n, struct error *err) MUST_CHECK;
/** store_source_insert() - sets id (when NULL, in @a) and times. Errors: ERR_UNIQUE_VIOLATION. */
enum errcode store_source_insert(struct store *s, struct arena *a, struct source_record *r,
                                 struct error *err) MUST_CHECK;
/** store_source_update() - @fields (NULL-terminated) of @r; sets updated_at, which is another one
 *  after every update. */
enum errcode store_source_update(struct store *s, struct source_record *r,
                                 const char *const *fields, struct error *err) MUST_CHECK;
enum errcode store_source_delete(struct store *s, int64_t tenant_id, struct str name,
                                 struct error *err) MUST_CHECK;

/** store_source_context() - what a source's secret is sealed for, in @a. */
struct str store_source_context(struct arena *a, const char *id);
