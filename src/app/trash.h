#pragma once

#include "app/caller.h"
#include "migrate/trash.h"

/*
 * What was dropped in the caller's tenant and can still come back. Items of tables that the caller
 * may not see are absent. To restore is to undo the change that dropped it.
 */
struct app_trash_item {
    struct trash_item item;
    const char *display_name; /* of the table or column, NULL when it had none */
    int64_t dropped_by;       /* 0 = the system */
    const char *dropped_by_name;
};

/** app_trash_list() - newest first. */
enum errcode app_trash_list(const struct caller *c, struct app_trash_item **out, size_t *n,
                            struct error *err) MUST_CHECK;
/** app_trash_get() - Errors: ERR_NOT_FOUND. */
enum errcode app_trash_get(const struct caller *c, int64_t id, struct app_trash_item *out,
                           struct error *err) MUST_CHECK;
/** app_trash_restore_preview(), app_trash_restore() - Errors: of app_change_undo(). */
enum errcode app_trash_restore_preview(const struct caller *c, int64_t id, struct plan **out,
                                       struct error *err) MUST_CHECK;
enum errcode app_trash_restore(const struct caller *c, int64_t id, struct change_record *out,
                               struct error *err) MUST_CHECK;
/** app_trash_purge() - destroy it for good. Errors: ERR_NOT_FOUND, ERR_FORBIDDEN. */
enum errcode app_trash_purge(const struct caller *c, int64_t id, struct error *err) MUST_CHECK;
