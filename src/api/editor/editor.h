#pragma once

#include "api/api.h"
#include "app/changes.h"
#include "app/jobs.h"
#include "app/tables.h"

/* What the routes below /api/db-editor/ share. */

/** editor_source() - the caller works in the source that the parameter `source` names. Errors:
 * those of caller_use_source(). */
enum errcode editor_source(const struct call *c, struct error *err) MUST_CHECK;
/** editor_is_dry() - the change is only shown: `dryRun` says so, or the policy of the source. After
 *  editor_source(). Errors: ERR_INVALID_PARAMETER. */
enum errcode editor_is_dry(const struct call *c, bool *out, struct error *err) MUST_CHECK;
/** editor_confirm() - the hazard ids of the parameter `confirm`, in c->arena. */
struct migrate_confirm editor_confirm(const struct call *c);
/** editor_integer() - the parameter @name, @fallback when it is not given. Errors:
 *  ERR_INVALID_PARAMETER when it is no integer from @least to @most. */
enum errcode editor_integer(const struct call *c, const char *name, int64_t fallback, int64_t least,
                            int64_t most, int64_t *out, struct error *err) MUST_CHECK;
/** editor_text() - the parameter @name as a text in c->arena, NULL when it is not given or empty.
 */
const char *editor_text(const struct call *c, const char *name);

/** editor_answer_plan() - 200 with @plan; NULL is a plan without a step. */
enum errcode editor_answer_plan(struct call *c, const struct plan *plan,
                                struct error *err) MUST_CHECK;
/** editor_begin_change() - begin an answer's object with changeId and undoUntil of @r, which may be
 *  NULL: nothing changed in structure. The caller adds members and ends the object. */
void editor_begin_change(struct call *c, struct answer *a, int status,
                         const struct change_record *r);
/** editor_answer_job() - 202 with the job that does a change, Location is where it is told. */
enum errcode editor_answer_job(struct call *c, const struct job *job, struct error *err) MUST_CHECK;
/** editor_where() - a pointer into "/operations/N@part/…" becomes one into the body; returns
 *  @code. */
enum errcode editor_where(struct error *err, enum errcode code, const char *part);
/** editor_meta() - {"nextCursor": @cursor} and the Link header; NULL when there is no more. */
const char *editor_meta(struct call *c, const char *cursor);

/** table_members() - everything of one table but the braces: names, API, columns, parts, rights. */
void table_members(struct json_writer *w, const struct app_table *t);
/** column_members() - of one column, which the table has. Another member must stand before. */
void column_members(struct json_writer *w, const struct app_table *t, const struct column *column);
