#pragma once

#include "store/store.h"

/* Who did what: append only, no update and no delete by anybody. */
struct audit_entry {
    int64_t id;
    int64_t tenant_id; /* 0 = platform */
    int64_t user_id;   /* 0 = the system */
    const char *user_name;
    const char *action;      /* "schema.change", "user.create", "session.login", … */
    const char *object_type; /* "table", "user", … */
    const char *object;      /* its name or id */
    const char *change_id;   /* of the journal, or NULL */
    const char *detail;      /* JSON object text, or NULL */
    const char *ip_address;
    const char *user_agent;
    const char *request_id;
    int64_t created_at;
};

extern const struct record_type store_audit_type;

struct audit_filter {
    int64_t tenant_id; /* 0 = all */
    int64_t user_id;
    const char *action; /* exact; a trailing "*" means a prefix */
    const char *object;
    int64_t since, until; /* microseconds, 0 = open */
    int64_t before_id;    /* page: older than this entry */
    int64_t limit;        /* 0 = 100 */
};

/** store_audit_append() - sets id and created_at. */
enum errcode store_audit_append(struct store *s, struct audit_entry *e,
                                struct error *err) MUST_CHECK;
enum errcode store_audit_append_in(struct session *session, struct store *s, struct audit_entry *e,
                                   struct error *err) MUST_CHECK;
/** store_audit_list() - newest first. */
enum errcode store_audit_list(struct store *s, struct arena *a, const struct audit_filter *f,
                              struct audit_entry **out, size_t *n, struct error *err) MUST_CHECK;

/* One row of the read-only view settings_audit: every schema change, with who and what. */
struct settings_audit {
    const char *change_id;
    int64_t tenant_id;
    const char *source;
    int64_t user_id;
    const char *user_name;
    const char *kind, *state, *title;
    const char *tables;     /* JSON array */
    const char *operations; /* JSON change list */
    int64_t created_at, finished_at;
    const char *error;
    const char *ip_address; /* of the audit entry, where there is one */
    const char *request_id;
};

/** store_settings_audit() - the journal joined with the audit, newest first. */
enum errcode store_settings_audit(struct store *s, struct arena *a, int64_t tenant_id,
                                  int64_t limit, const char *before_id, struct settings_audit **out,
                                  size_t *n, struct error *err) MUST_CHECK;
