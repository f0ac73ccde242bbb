#pragma once

#include "app/caller.h"
#include "store/audit.h"

/*
 * Who did what in the caller's tenant, newest first. An entry of a schema change carries its
 * statements and its outcome, from the journal.
 */
struct app_audit_entry {
    struct audit_entry entry;
    const char *statement; /* the SQL that ran, one statement a line; NULL for other entries */
    const char *outcome;   /* state of the change, "done" for other entries */
};

struct app_audit_filter {
    const char *action;   /* exact, a trailing "*" is a prefix; NULL = all */
    const char *object;   /* exact; NULL = all */
    int64_t user_id;      /* 0 = all */
    int64_t since, until; /* microseconds, 0 = open */
    int64_t before_id;    /* older than this entry, 0 = from the newest */
    int64_t limit;        /* 0 = 100 */
};

enum errcode app_audit_list(const struct caller *c, const struct app_audit_filter *f,
                            struct app_audit_entry **out, size_t *n, struct error *err) MUST_CHECK;
