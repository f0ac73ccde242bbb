#pragma once

#include "migrate/change_run.h"

/*
 * The trash: tables and column values that changes took away and that still can come back.
 * To restore an item is to undo its change.
 */

/** migrate_trash_list() - what is kept for @tenant_id (0 = all), newest first. */
enum errcode migrate_trash_list(const struct journal *j, int64_t tenant_id, struct arena *a,
                                struct trash_item **out, size_t *n, struct error *err) MUST_CHECK;
/** migrate_trash_get() - one item. Errors: ERR_NOT_FOUND. */
enum errcode migrate_trash_get(const struct journal *j, int64_t tenant_id, int64_t id,
                               struct arena *a, struct trash_item *out,
                               struct error *err) MUST_CHECK;
/** migrate_trash_restore() - undo the change that @id was kept for. Errors: of migrate_undo(). */
enum errcode migrate_trash_restore(const struct migrate_target *t, int64_t id, struct arena *a,
                                   struct change_record *out, struct error *err) MUST_CHECK;
/** migrate_trash_purge() - destroy one item for good; its change cannot be undone after. */
enum errcode migrate_trash_purge(const struct migrate_target *t, int64_t id,
                                 struct error *err) MUST_CHECK;
/** migrate_purge() - destroy every item of @t's namespace that expired before @now_us, and forget
 *  plans that nobody ran; *@n (may be NULL) how many items. */
enum errcode migrate_purge(const struct migrate_target *t, int64_t now_us, int64_t *n,
                           struct error *err) MUST_CHECK;
