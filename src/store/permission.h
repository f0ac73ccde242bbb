#pragma once

#include "store/store.h"

/* What the seed put there: the permission catalogue and the system templates. */
struct permission {
    int64_t id;
    const char *slug; /* "tables.create" */
    const char *name;
    const char *description;
    int64_t permission_group_id;
    bool is_active, is_system, is_reserved; /* reserved: matched by no wildcard */
};

extern const struct record_type store_permission_type;

enum errcode store_permission_list(struct store *s, struct arena *a, struct permission **out,
                                   size_t *n, struct error *err) MUST_CHECK;

/**
 * store_template_patterns() - what the template @slug grants: permission slugs ("authz.escalate")
 * and wildcard patterns ("*.*", "tables.*"). n = 0 when there is no such active template.
 */
enum errcode store_template_patterns(struct store *s, struct arena *a, const char *slug,
                                     const char ***out, size_t *n, struct error *err) MUST_CHECK;
