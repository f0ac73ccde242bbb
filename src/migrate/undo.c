#include "base/attr.h"
#include "base/time.h"
#include "migrate/file_json.h"
#include "migrate/run.h"

static enum errcode check_kept(const struct migrate_target *t, const struct change_record *r,
                               struct arena *a, struct error *err)
{
    struct record_place p = journal_place(t->journal);
    struct record_term terms[] = {{"change_id", FILTER_EQ, value_text(r->id)},
                                  {"purged_at", FILTER_IS_NOT_NULL, value_null()}};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms), .limit = 1};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list(&p, a, &trash_item_type, &q, &found, &n, err));
    if (n > 0) {
        return ERROR(err, ERR_UNDO_EXPIRED, "what was kept of change \"%s\" is purged", r->id);
    }
    return ERR_OK;
}

static enum errcode check_undoable(const struct migrate_target *t, const struct change_record *r,
                                   struct arena *a, struct error *err)
{
    if (!str_is(migrate_room(t), r->ns) || text_eq(r->state, "planned")) {
        return ERROR(err, ERR_NOT_FOUND, "no change \"%s\"", r->id);
    }
    if (text_eq(r->state, "undone")) {
        ERROR(err, ERR_CONFLICT, "change \"%s\" is undone already", r->id);
        return error_hint(err, "undo change \"%s\" to do it again", r->undone_by);
    }
    if (!text_eq(r->state, "done")) {
        ERROR(err, ERR_CONFLICT, "change \"%s\" is %s, not done", r->id, r->state);
        if (text_eq(r->state, "needs_attention")) {
            error_hint(err, "undo it without a preview: what its steps say is run once more");
        }
        return ERR_CONFLICT;
    }
    if (!r->inverse) {
        return ERROR(err, ERR_UNDO_EXPIRED, "nothing was kept that could undo change \"%s\"",
                     r->id);
    }
    return check_kept(t, r, a, err);
}

enum errcode migrate_undo_preview(const struct migrate_target *t, const char *id, struct arena *a,
                                  struct plan **out, struct error *err)
{
    struct change_record r = {0};
    TRY(migrate_get(t->journal, t->tenant_id, id, a, &r, err));
    TRY(check_undoable(t, &r, a, err));
    struct change_list *inverse = ARENA_NEW(a, struct change_list);
    TRY(change_list_parse(a, r.inverse, inverse, err));
    struct error why = ERROR_INIT;
    if (migrate_preview(t, inverse, a, out, &why) == ERR_OK) {
        return ERR_OK;
    }
    if (why.code == ERR_INVALID || why.code == ERR_NOT_FOUND || why.code == ERR_CONFLICT) {
        ERROR(err, ERR_CONFLICT, "a later change is in the way: %s", why.message);
        error_hint(err, "undo the later changes first");
        error_release(&why);
        return ERR_CONFLICT;
    }
    return error_move(err, &why);
}

static bool is_about_rows(enum errcode code)
{
    return code == ERR_NOT_NULL_VIOLATION || code == ERR_UNIQUE_VIOLATION ||
           code == ERR_CHECK_VIOLATION || code == ERR_FOREIGN_KEY_VIOLATION ||
           code == ERR_INVALID_VALUE;
}

enum errcode migrate_undo(const struct migrate_target *t, const char *id, struct arena *a,
                          struct change_record *out, struct error *err)
{
    struct plan *plan = NULL;
    struct change_record r = {0};
    TRY(migrate_get(t->journal, t->tenant_id, id, a, &r, err));
    if (text_eq(r.state, "needs_attention") && str_is(migrate_room(t), r.ns)) {
        TRY(run_take_back(t, &r, a, err));
        *out = r;
        return ERR_OK;
    }
    TRY(migrate_undo_preview(t, id, a, &plan, err));
    struct run_options options = {.kind = "undo", .undo_of = id, .confirm_all = true};
    enum errcode code = run_execute(t, plan, &options, a, out, err);
    if (err && is_about_rows(code)) {
        error_hint(err, "rows written since then do not fit what comes back: change or remove "
                        "them, then undo");
    }
    return code;
}
