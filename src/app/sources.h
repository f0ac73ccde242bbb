#pragma once

#include "app/caller.h"
#include "app/source.h"

/*
 * Sources as people handle them: list, attach, change, test, detach, and the policy of each. A
 * source belongs to one tenant; nobody else ever sees that it is there. Everything lives as long as
 * the caller's arena. Passwords go in and never come out.
 */
#define SOURCE_NAME_MAX 64

struct source_info {
    const struct source *source; /* what its row says; of "main" only the policy */
    bool is_main;
    bool is_open; /* engine, version and abilities are known */
    struct engine *engine;
    const char *problem; /* why it could not be opened lately, NULL */
    const struct source_op *ops;
    size_t n_ops;
    bool can_update, can_delete, can_test;
};

/** sources_list() - "main" and the attached ones by name. What is not open yet is opened, as long
 * as that takes little time. Errors: ERR_FORBIDDEN. */
enum errcode sources_list(const struct caller *c, struct source_info **out, size_t *n,
                          struct error *err) MUST_CHECK;
/** sources_get() - one; opened if it can be. Errors: ERR_NOT_FOUND, ERR_FORBIDDEN. */
enum errcode sources_get(const struct caller *c, const char *name, struct source_info *out,
                         struct error *err) MUST_CHECK;

/* What is said of a source; made by sources_json.h. */
struct source_edit {
    const char *name, *kind; /* of a new one */
    bool has_display_name, has_place, has_password, has_mode, has_allow, has_forbid, has_policy;
    const char *display_name;
    struct engine_options options; /* where it is, without the password */
    struct str password;           /* p NULL = it has none */
    bool is_writable;
    bool is_all; /* no list of allowed tables */
    struct source_names allow, forbid;
    struct source_policy policy;
};

/** sources_find() - the attached source @name as its row says, after judging that @c may do
 *  @action there. Errors: ERR_NOT_FOUND, ERR_FORBIDDEN. */
enum errcode sources_find(const struct caller *c, enum action action, const char *name,
                          const struct source **out, struct error *err) MUST_CHECK;

/**
 * sources_add() - attach a database
 *
 * It is connected to first: a database that cannot be reached is not attached. A kind that this
 * program does not have is kept and can do nothing. Errors: ERR_FORBIDDEN, ERR_INVALID,
 * ERR_CONFLICT for a name that is taken, those of source_open_new().
 */
enum errcode sources_add(const struct caller *c, const struct source_edit *e,
                         struct source_info *out, struct error *err) MUST_CHECK;
/** sources_change() - what @e says, of @was (sources_find()); connected to anew when where it is,
 *  its password or its mode changes. */
enum errcode sources_change(const struct caller *c, const struct source *was,
                            const struct source_edit *e, struct source_info *out,
                            struct error *err) MUST_CHECK;
/** sources_remove() - forget it; the database itself is left as it is. */
enum errcode sources_remove(const struct caller *c, const char *name, struct error *err) MUST_CHECK;

struct source_test {
    bool is_ok;
    const char *version;
    int64_t n_tables; /* that the source would show */
    int64_t us;
    struct error why; /* of a no; texts in the caller's arena */
};
/** sources_test() - connect anew to @was (NULL: to what @e describes) and read the structure.
 * Errors: as sources_add() before the connecting. */
enum errcode sources_test(const struct caller *c, const struct source *was,
                          const struct source_edit *e, struct source_test *out,
                          struct error *err) MUST_CHECK;

/** sources_policy() - of @name, "main" too, after judging that @c may do @action. */
enum errcode sources_policy(const struct caller *c, enum action action, const char *name,
                            struct source_policy *out, struct error *err) MUST_CHECK;
/** sources_set_policy() - Errors: ERR_NOT_FOUND, ERR_FORBIDDEN. */
enum errcode sources_set_policy(const struct caller *c, const char *name,
                                const struct source_policy *policy, struct error *err) MUST_CHECK;
