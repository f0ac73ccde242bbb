#include "migrate/files.h"

#include "base/attr.h"
#include "base/time.h"
#include "migrate/bootstrap.h"
#include "migrate/file_json.h"
#include "migrate/fit.h"
#include "migrate/rows_json.h"
#include "migrate/run.h"

/* One file on its way up or down. */
struct file_run {
    const struct migrate_target *target;
    const struct migration_file *file;
    struct file_doc *doc;
    const struct applied_file *applied; /* down */
    struct arena *arena;
    struct record_place place;
    const struct file_half *rows; /* row operations between the changes; NULL = those of undo */
    struct file_half *half;       /* what is run: the changes, and rows where there are some */
    struct change_list whole;     /* the changes, with those that an attempt before made */
    struct plan *plan;            /* NULL when only rows are concerned */
    struct catalog *before, *wanted;
    struct change_record record;
};

static bool is_own(const struct migrate_target *t)
{
    return t->engine == t->journal->engine && str_eq(t->ns, t->journal->ns);
}

static enum errcode list_applied(const struct migrate_target *t, struct arena *a,
                                 struct applied_file **out, size_t *n, struct error *err)
{
    struct record_place p = journal_place(t->journal);
    struct record_term term = {"ns", FILTER_EQ, value_str(t->ns)};
    struct record_query q = {.terms = &term, .n_terms = 1};
    void *found = NULL;
    TRY(record_list(&p, a, &applied_file_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

static const struct applied_file *find_applied(const struct applied_file *list, size_t n,
                                               const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_eq(list[i].name, name)) {
            return &list[i];
        }
    }
    return NULL;
}

enum errcode migrate_files_status(const struct migrate_target *t, const struct migration_set *set,
                                  struct arena *a, struct migration_status **out, size_t *n,
                                  struct error *err)
{
    struct applied_file *applied = NULL;
    size_t n_applied = 0;
    TRY(list_applied(t, a, &applied, &n_applied, err));
    struct migration_status *list = ARENA_ARRAY(a, set->n, struct migration_status);
    for (size_t i = 0; i < set->n; i++) {
        struct file_doc doc = {0};
        TRY(migration_decode(a, &set->files[i], &doc, err));
        const struct applied_file *row = find_applied(applied, n_applied, set->files[i].name);
        list[i] = (struct migration_status){
            .name = set->files[i].name,
            .title = doc.title,
            .description = doc.description,
            .number = doc.number,
            .is_applied = row != NULL,
            .is_changed = row && !text_eq(row->file_hash, doc.hash),
            .applied_at = row ? row->applied_at : 0,
        };
    }
    *out = list;
    *n = set->n;
    return ERR_OK;
}

enum errcode migrate_files_pending(const struct migrate_target *t, const struct migration_set *set,
                                   size_t *out, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct applied_file *applied = NULL;
    size_t n_applied = 0, n = 0;
    TRY(list_applied(t, a, &applied, &n_applied, err));
    for (size_t i = 0; i < set->n; i++) {
        n += find_applied(applied, n_applied, set->files[i].name) ? 0 : 1;
    }
    *out = n;
    return ERR_OK;
}

static void fit(struct file_run *r)
{
    const struct engine_caps *caps = &r->target->engine->caps;
    if (!r->applied || !r->doc->is_down_auto) { /* what is taken back by itself was fitted */
        fit_half(r->arena, caps, r->before, r->half);
    }
    r->whole = r->half->changes;
    if (!caps->transactional_ddl) {
        fit_undone(r->arena, r->before, r->half);
    }
}

/* Plans the changes on the live schema; the plan's id becomes the change's. */
static enum errcode plan_file(struct file_run *r, struct error *err)
{
    const struct migrate_target *t = r->target;
    TRY(migrate_catalog(t, &r->before, err));
    fit(r);
    TRY(change_list_apply(&r->half->changes, r->before, &r->wanted, err));
    char id[CHANGE_ID_TEXT + 1];
    journal_id(id);
    r->plan = plan_new(r->arena, &r->half->changes, id);
    r->plan->fingerprint_before = catalog_fingerprint(r->arena, r->before);
    if (r->half->changes.n > 0) {
        TRY(engine_plan(t->engine, r->before, r->plan, err));
    }
    return ERR_OK;
}

static void make_record(struct file_run *r, const char *verb)
{
    struct arena *a = r->arena;
    struct change_list none = {0};
    r->record = (struct change_record){
        .id = r->plan->tag,
        .ns = arena_str(a, r->target->ns),
        .tenant_id = r->target->tenant_id,
        .source = r->target->source ? r->target->source : "main",
        .kind = "migration",
        .state = "running",
        .title = arena_printf(a, "%s %s", verb, r->file->name),
        .tables = r->half->changes.n ? run_tables(a, &r->half->changes) : "[]",
        .operations = change_list_text(a, r->half->changes.n ? &r->half->changes : &none),
        .undo_class = undo_class_name(UNDO_NONE), /* taken back by going down, not by an undo */
        .actor_id = r->target->actor_id,
        .actor_name = r->target->actor_name,
        .fp_before = r->plan->fingerprint_before,
        .fp_after = catalog_fingerprint(a, r->wanted),
        .plan_hash = run_plan_hash(a, r->plan),
        .created_at = time_now_us(),
    };
}

/* All groups of the plan as one: a file is all or nothing, where the engine can. */
static struct plan_group one_group(const struct plan *plan, bool can_take_back)
{
    struct plan_group g = {.is_transaction = can_take_back};
    for (size_t i = 0; i < plan->n_groups; i++) {
        g.is_rebuild |= plan->groups[i].is_rebuild;
    }
    return g;
}

static enum errcode write_step(struct file_run *r, struct session *s, size_t i, int64_t n_rows,
                               struct error *err)
{
    struct change_step step = {
        .change_id = r->record.id,
        .n = (int64_t)i,
        .operation = (int64_t)r->plan->steps[i].operation,
        .text = r->plan->steps[i].text,
        .state = "done",
        .finished_at = time_now_us(),
        .n_rows = n_rows,
    };
    return record_insert_in(s, &r->place, &change_step_type, &step, err);
}

static enum errcode run_rows(struct file_run *r, struct session *s, size_t at, struct error *err)
{
    return r->rows ? row_ops_run(s, r->wanted, r->rows, at, err) : ERR_OK;
}

static enum errcode run_steps(struct file_run *r, struct session *s, struct error *err)
{
    size_t at = 0; /* row operations before this change have run */
    if (!r->rows) {
        TRY(row_ops_undo(s, r->before, &r->doc->up, err));
    }
    for (size_t i = 0; i < r->plan->n_steps; i++) {
        for (; at <= r->plan->steps[i].operation; at++) {
            TRY(run_rows(r, s, at, err));
        }
        int64_t n_rows = 0;
        TRY(engine_run_step(s, &r->plan->steps[i], &n_rows, err));
        if (is_own(r->target)) {
            TRY(write_step(r, s, i, n_rows, err));
        }
    }
    for (; at <= r->half->changes.n; at++) {
        TRY(run_rows(r, s, at, err));
    }
    return ERR_OK;
}

/* In the journal: the change is done, the file is applied or is not any more. */
static enum errcode write_done(struct session *s, void *arg, struct error *err)
{
    static const char *const fields[] = {"state", "finished_at", NULL};
    struct file_run *r = arg;
    r->record.state = "done";
    r->record.finished_at = time_now_us();
    TRY(record_update_in(s, &r->place, &change_record_type, &r->record, fields, err));
    if (r->applied) {
        struct record_term term = {"name", FILTER_EQ, value_text(r->file->name)};
        struct record_query q = {.terms = &term, .n_terms = 1};
        return record_delete_in(s, &r->place, &applied_file_type, &q, NULL, err);
    }
    struct change_list inverse = {0};
    bool is_whole = r->whole.n == r->half->changes.n;
    change_list_inverse(r->arena, is_whole ? &r->half->changes : &r->whole, r->before, &inverse);
    struct applied_file row = {
        .name = r->file->name,
        .ns = r->record.ns,
        .number = r->doc->number,
        .file_hash = r->doc->hash,
        .change_id = r->record.id,
        .inverse = change_list_text(r->arena, &inverse),
        .applied_at = r->record.finished_at,
    };
    return record_insert_in(s, &r->place, &applied_file_type, &row, err);
}

static enum errcode run_group(struct file_run *r, struct session *s, struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    TRY(engine_inspect(s, &live, err));
    if (!text_eq(catalog_fingerprint(r->arena, live), r->plan->fingerprint_before)) {
        return ERROR(err, ERR_STALE_PLAN, "somebody else changes the schema now");
    }
    struct plan_group g = one_group(r->plan, r->target->engine->caps.transactional_ddl);
    TRY(engine_group_begin(s, &g, err));
    enum errcode code = run_steps(r, s, err);
    if (code == ERR_OK && is_own(r->target)) {
        code = write_done(s, r, err);
    }
    if (code == ERR_OK) {
        return engine_group_end(s, &g, true, err);
    }
    struct error ignored = ERROR_INIT;
    enum errcode back = engine_group_end(s, &g, false, &ignored);
    (void)back; /* the first failure is the one to tell */
    error_release(&ignored);
    return code;
}

/* Unless it was done after all, and only the answer was lost. */
static enum errcode write_failure(struct session *s, void *arg, struct error *err)
{
    static const char *const fields[] = {"state", "finished_at", "error", NULL};
    struct file_run *r = arg;
    const char *state = NULL;
    TRY(run_hold(s, &r->place, &r->record, r->arena, &state, err));
    return text_eq(state, "running")
               ? record_update_in(s, &r->place, &change_record_type, &r->record, fields, err)
               : ERR_OK;
}

static void journal_failure(struct file_run *r, const struct error *why)
{
    struct error ignored = ERROR_INIT;
    r->record.state = "failed";
    r->record.finished_at = time_now_us();
    r->record.error = why->message;
    /* when this cannot be written either, the next start finds the change running */
    enum errcode code = engine_transact(r->place.engine, r->place.ns, write_failure, r, &ignored);
    (void)code;
    error_release(&ignored);
}

static enum errcode run_in_session(struct file_run *r, struct error *err)
{
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(r->target->engine, r->target->ns, ACCESS_SCHEMA, &s, err));
    return run_group(r, s, err);
}

/* An attempt that a crash cut where steps are not taken back: this one goes on from there. */
static enum errcode end_attempts(struct file_run *r, struct error *err)
{
    static const char *const fields[] = {"state", "finished_at", "error", NULL};
    struct record_term terms[] = {{"state", FILTER_EQ, value_text("running")},
                                  {"ns", FILTER_EQ, value_str(r->target->ns)},
                                  {"title", FILTER_EQ, value_text(r->record.title)}};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms)};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list(&r->place, r->arena, &change_record_type, &q, &found, &n, err));
    struct change_record *records = found;
    for (size_t i = 0; i < n; i++) {
        records[i].state = "failed";
        records[i].finished_at = time_now_us();
        records[i].error = "interrupted; the next attempt went on with it";
        TRY(record_update(&r->place, &change_record_type, &records[i], fields, err));
    }
    return ERR_OK;
}

static enum errcode run_file(struct file_run *r, const char *verb, struct error *err)
{
    TRY(plan_file(r, err));
    make_record(r, verb);
    if (!r->target->engine->caps.transactional_ddl) {
        TRY(end_attempts(r, err));
    }
    TRY(record_insert(&r->place, &change_record_type, &r->record, err));
    struct error why = ERROR_INIT;
    enum errcode code = run_in_session(r, &why);
    if (code == ERR_OK && !is_own(r->target)) {
        code = engine_transact(r->place.engine, r->place.ns, write_done, r, &why);
    }
    if (code != ERR_OK) {
        journal_failure(r, &why);
        return error_move(err, &why);
    }
    return ERR_OK;
}

static void file_run_end(struct file_run *r)
{
    catalog_unref(r->before);
    catalog_unref(r->wanted);
    arena_free(r->arena);
}

static enum errcode name_file(const struct file_run *r, enum errcode code, struct error *err)
{
    if (code != ERR_OK && err) {
        struct arena *a = arena_new();
        const char *message = arena_printf(a, "migration \"%s\": %s", r->file->name, err->message);
        ERROR(err, code, "%s", message);
        arena_free(a);
    }
    return code;
}

static enum errcode file_up(const struct migrate_target *t, const struct migration_file *file,
                            const struct file_doc *doc, struct error *err)
{
    struct file_doc own = *doc;
    struct file_run r = {
        .target = t,
        .file = file,
        .doc = &own,
        .arena = arena_new(),
        .place = journal_place(t->journal),
        .rows = &own.up,
        .half = &own.up,
    };
    enum errcode code = run_file(&r, "up", err);
    code = name_file(&r, code, err);
    file_run_end(&r);
    return code;
}

/* What a migration takes away is not kept. */
static void drop_for_good(struct change_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct change *c = &list->items[i];
        if (c->kind == CHANGE_DROP_TABLE) {
            c->drop_table.no_trash = true;
            c->drop_table.trash = NULL;
        } else if (c->kind == CHANGE_DROP_COLUMN) {
            c->drop_column.no_trash = true;
            c->drop_column.trash = NULL;
        }
    }
}

static enum errcode file_down(const struct migrate_target *t, const struct migration_file *file,
                              const struct file_doc *doc, const struct applied_file *applied,
                              struct error *err)
{
    struct file_doc own = *doc;
    struct file_run r = {
        .target = t,
        .file = file,
        .doc = &own,
        .applied = applied,
        .arena = arena_new(),
        .place = journal_place(t->journal),
        .rows = own.is_down_auto ? NULL : &own.down,
        .half = &own.down,
    };
    enum errcode code = ERR_OK;
    if (own.is_down_auto && applied->inverse) {
        code = change_list_parse(r.arena, applied->inverse, &r.half->changes, err);
    }
    if (code == ERR_OK) {
        drop_for_good(&r.half->changes);
        code = run_file(&r, "down", err);
    }
    code = name_file(&r, code, err);
    file_run_end(&r);
    return code;
}

enum errcode migrate_files_up(const struct migrate_target *t, const struct migration_set *set,
                              int to, size_t *n, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct applied_file *applied = NULL;
    size_t n_applied = 0, n_done = 0;
    TRY(list_applied(t, a, &applied, &n_applied, err));
    for (size_t i = 0; i < set->n; i++) {
        const struct migration_file *file = &set->files[i];
        struct file_doc doc = {0};
        TRY(migration_decode(a, file, &doc, err));
        const struct applied_file *row = find_applied(applied, n_applied, file->name);
        if (row && !text_eq(row->file_hash, doc.hash)) {
            return ERROR(err, ERR_CORRUPT,
                         "migration \"%s\" was applied from another text than it has now",
                         file->name);
        }
        if (row || (to >= 0 && doc.number > to)) {
            continue;
        }
        TRY(file_up(t, file, &doc, err));
        n_done++;
    }
    if (n) {
        *n = n_done;
    }
    return ERR_OK;
}

enum errcode migrate_files_down(const struct migrate_target *t, const struct migration_set *set,
                                int to, size_t *n, struct error *err)
{
    if (to < 0) {
        return ERROR(err, ERR_INVALID_PARAMETER, "there is no migration below 0");
    }
    AUTO(arena_freep) struct arena *a = arena_new();
    struct applied_file *applied = NULL;
    size_t n_applied = 0, n_done = 0;
    TRY(list_applied(t, a, &applied, &n_applied, err));
    for (size_t i = set->n; i-- > 0;) {
        const struct migration_file *file = &set->files[i];
        struct file_doc doc = {0};
        TRY(migration_decode(a, file, &doc, err));
        const struct applied_file *row = find_applied(applied, n_applied, file->name);
        if (!row || doc.number <= to) {
            continue;
        }
        TRY(file_down(t, file, &doc, row, err));
        n_done++;
    }
    if (n) {
        *n = n_done;
    }
    return ERR_OK;
}
