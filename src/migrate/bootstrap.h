#pragma once

#include "migrate/journal.h"

/* A row of the journal's table "applied". */
struct applied_file {
    const char *name;
    const char *ns;
    int64_t number;
    const char *file_hash;
    const char *change_id;
    const char *inverse;
    int64_t applied_at;
};

extern const struct record_type applied_file_type;

/**
 * journal_bootstrap() - make those of the journal's tables and indexes that are missing in @ns
 * @out: the catalog of @ns after, one reference
 */
enum errcode journal_bootstrap(struct engine *e, struct str ns, struct catalog **out,
                               struct error *err) MUST_CHECK;
