#include "base/attr.h"
#include "catalog/where.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/model.h"
#include "engine/mongodb/planner.h"

static void plan_create_table(struct planner *p, const struct change *c)
{
    (void)c;
    step_create(p, p->is);
    step_indexes(p);
}

static void drop_for_good(struct planner *p, const char *name)
{
    bson_t *doc = mongo_doc(p->arena);
    BSON_APPEND_UTF8(doc, "drop", name);
    mongo_plan_late(p, doc, &(struct step_words){.comment = "the rows go for good"});
}

static void plan_drop_table(struct planner *p, const struct change *c)
{
    const char *trash = c->drop_table.trash;
    if (!trash && p->was->is_internal) {
        drop_for_good(p, p->was->name);
        return;
    }
    const char *aside =
        arena_printf(p->arena, TELAIO_PREFIX "drop_%s_%zu", p->plan->tag, p->operation);
    step_rename(p, p->was->name, trash ? trash : aside);
    if (!trash) {
        drop_for_good(p, aside);
    }
}

static void plan_rename_table(struct planner *p, const struct change *c)
{
    step_rename(p, p->was->name, c->rename_table.new_name);
}

static void plan_restore_table(struct planner *p, const struct change *c)
{
    if (!c->restore_table.trash) {
        mongo_plan_fail(p, ERROR(p->err, ERR_UNDO_EXPIRED, "nothing was kept of \"%s\"",
                                 c->restore_table.table->name));
        return;
    }
    step_rename(p, c->restore_table.trash, c->restore_table.table->name);
}

static void plan_create_index(struct planner *p, const struct change *c)
{
    step_index(p, &c->create_index.index);
    if (!p->is->native) {
        step_validator(p);
    }
}

static void plan_drop_index(struct planner *p, const struct change *c)
{
    const struct index *i = table_find_index(p->was, str_of(c->drop_index.index));
    if (!i) {
        mongo_plan_fail(p, ERROR(p->err, ERR_NOT_FOUND, "no index \"%s\"", c->drop_index.index));
        return;
    }
    step_drop_index(p, i);
    if (!p->is->native) {
        step_validator(p);
    }
}

typedef void plan_fn(struct planner *p, const struct change *c);

static plan_fn *const planners[CHANGE_N] = {
    [CHANGE_CREATE_TABLE] = plan_create_table,
    [CHANGE_DROP_TABLE] = plan_drop_table,
    [CHANGE_RENAME_TABLE] = plan_rename_table,
    [CHANGE_RESTORE_TABLE] = plan_restore_table,
    [CHANGE_CREATE_COLUMN] = mongo_plan_create_column,
    [CHANGE_DROP_COLUMN] = mongo_plan_drop_column,
    [CHANGE_RENAME_COLUMN] = mongo_plan_rename_column,
    [CHANGE_CREATE_INDEX] = plan_create_index,
    [CHANGE_DROP_INDEX] = plan_drop_index,
    [CHANGE_MODIFY_COLUMN] = mongo_plan_modify_column,
};

/* The names of the change's table before and after it; NULL where it is not there. */
static void subjects(const struct change *c, const char **before, const char **after)
{
    switch (c->kind) {
    case CHANGE_CREATE_TABLE:
        *before = NULL;
        *after = c->create_table.table->name;
        return;
    case CHANGE_DROP_TABLE:
        *before = c->drop_table.table;
        *after = NULL;
        return;
    case CHANGE_RENAME_TABLE:
        *before = c->rename_table.table;
        *after = c->rename_table.new_name;
        return;
    case CHANGE_RESTORE_TABLE:
        *before = NULL;
        *after = c->restore_table.table->name;
        return;
    case CHANGE_CREATE_COLUMN:
        *before = *after = c->create_column.table;
        return;
    case CHANGE_DROP_COLUMN:
        *before = *after = c->drop_column.table;
        return;
    case CHANGE_RENAME_COLUMN:
        *before = *after = c->rename_column.table;
        return;
    case CHANGE_CREATE_INDEX:
        *before = *after = c->create_index.table;
        return;
    case CHANGE_DROP_INDEX:
        *before = *after = c->drop_index.table;
        return;
    case CHANGE_MODIFY_COLUMN:
        *before = *after = c->modify_column.table;
        return;
    default:
        *before = *after = NULL;
        return;
    }
}

/* What makes a change of structure impossible here, at the place in the operation that says so. */
static enum errcode check_table(const struct change *c, const struct table *t, struct error *err)
{
    if (c->kind == CHANGE_CREATE_TABLE || c->kind == CHANGE_RESTORE_TABLE) {
        return where_prefix(err, model_check(t, err), "/table");
    }
    enum errcode code = model_check(t, err);
    return code == ERR_OK || !err ? code : error_where(err, "%s", "");
}

/* What the server has that is not ours stays so, whatever the change did to the model. */
static void keep_native(struct planner *p, struct table *is)
{
    is->native = p->was->native ? arena_strdup(p->now->arena, p->was->native) : NULL;
    for (size_t i = 0; i < is->n_indexes; i++) {
        const struct index *old = table_find_index(p->was, str_of(is->indexes[i].name));
        if (old && old->native) {
            is->indexes[i].native = arena_strdup(p->now->arena, old->native);
        }
    }
}

static void plan_one(struct planner *p, const struct change *c)
{
    const char *before = NULL;
    const char *after = NULL;
    subjects(c, &before, &after);
    const struct table *t = before ? catalog_find_table(p->now, str_of(before)) : NULL;
    p->was = t ? table_copy(p->arena, t) : NULL;
    change_ops(c->kind)->apply(c, p->now);
    struct table *is = after ? catalog_find_table(p->now, str_of(after)) : NULL;
    if (is && p->was) {
        keep_native(p, is);
    }
    p->is = is;
    if (is && !is->native) {
        mongo_plan_fail(p, check_table(c, is, p->err));
    }
    if (p->code == ERR_OK) {
        planners[c->kind](p, c);
    }
}

static void plan_late(struct planner *p)
{
    if (p->n_late == 0) {
        return;
    }
    (void)plan_add_group(p->plan, false, false);
    for (size_t i = 0; i < p->n_late; i++) {
        p->operation = p->late[i].operation;
        mongo_plan_step(p, p->late[i].command,
                        &(struct step_words){.comment = p->late[i].comment,
                                             .lock = "exclusive",
                                             .is_rewrite = p->late[i].is_rewrite});
    }
}

enum errcode mongo_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                        struct error *err)
{
    (void)e;
    const struct change_list *list = plan->changes;
    struct catalog *now AUTO(catalog_unrefp) = catalog_copy(before);
    struct planner p = {.arena = plan->arena, .plan = plan, .now = now, .err = err};
    if (list->n > 0) {
        (void)plan_add_group(plan, false, false);
    }
    for (size_t i = 0; i < list->n && p.code == ERR_OK; i++) {
        p.operation = i;
        plan_one(&p, &list->items[i]);
        if (p.code != ERR_OK && err) {
            (void)error_prefix_where(err, arena_printf(p.arena, "/operations/%zu", i));
        }
    }
    plan_late(&p);
    return p.code;
}
