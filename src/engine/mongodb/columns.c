#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/expr.h"
#include "engine/mongodb/filter.h"
#include "engine/mongodb/model.h"
#include "engine/mongodb/planner.h"
#include "engine/mongodb/values.h"

static bool is_ours(const struct table *t)
{
    return !t->native;
}

static const char *field_of(const struct table *t, const char *name)
{
    const struct column *c = table_find_column(t, str_of(name));
    return c ? mongo_field(t, c) : name;
}

static const bson_t *exists(struct planner *p, const char *field, bool yes)
{
    bson_t *doc = mongo_doc(p->arena);
    BCON_APPEND(doc, field, "{", "$exists", BCON_BOOL(yes), "}");
    return doc;
}

/* Rows for which @check is false. */
static void check_rows(struct planner *p, const struct check *check)
{
    const bson_t *holds = NULL;
    bson_iter_t it;
    enum errcode code = mongo_check(p->arena, p->is, check->expr, &holds, p->err);
    mongo_plan_fail(p, code);
    if (code != ERR_OK || !bson_iter_init_find(&it, holds, "v")) {
        return;
    }
    bson_t *filter = mongo_doc(p->arena);
    bson_t expr, list;
    BSON_APPEND_DOCUMENT_BEGIN(filter, "$expr", &expr);
    BSON_APPEND_ARRAY_BEGIN(&expr, "$not", &list);
    BSON_APPEND_VALUE(&list, "0", bson_iter_value(&it));
    bson_append_array_end(&expr, &list);
    bson_append_document_end(filter, &expr);
    step_check(p, filter, CHECK_BROKEN);
}

/* The default that the rows that are there get: a value, or the server's clock. */
static void fill(struct planner *p, const struct column *c)
{
    const char *field = mongo_field(p->is, c);
    const struct expr *e = c->default_value;
    bson_t *doc = mongo_doc(p->arena);
    bson_t set;
    if (e->kind != EXPR_LITERAL) {
        step_check(p, mongo_doc(p->arena), CHECK_UUID);
        return;
    }
    BSON_APPEND_DOCUMENT_BEGIN(doc, "$set", &set);
    mongo_plan_fail(p, mongo_put(&set, field, &c->type, e->value, c->name, p->err));
    bson_append_document_end(doc, &set);
    mongo_plan_step(
        p, update_of(p, field, true, doc),
        &(struct step_words){.comment = "the rows that are there get the default",
                             .undo = update_of(p, field, false, change_of(p, "$unset", field, "")),
                             .is_rewrite = true});
}

static void bring_back(struct planner *p, const struct change *c, const struct column *column)
{
    const struct trash_ref *trash = &c->create_column.restore;
    const char *field = mongo_field(p->is, column);
    mongo_plan_step(
        p, merge_of(p, trash->object, "v", p->is->name, field, false),
        &(struct step_words){.comment = "the values that were kept",
                             .undo = update_of(p, field, false, change_of(p, "$unset", field, "")),
                             .is_rewrite = true});
    if (!column->is_nullable) {
        bson_t *filter = mongo_doc(p->arena);
        BSON_APPEND_NULL(filter, field);
        step_check(p, filter, CHECK_NO_VALUE);
    }
}

static bool refuse_foreign(struct planner *p, const struct column *c, size_t n_checks)
{
    if (is_ours(p->is) || (!c->default_value && n_checks == 0)) {
        return false;
    }
    mongo_plan_fail(p, ERROR(p->err, ERR_UNSUPPORTED,
                             "MongoDB keeps no defaults and checks of a collection that was made "
                             "elsewhere"));
    return true;
}

static void set_foreign(struct planner *p, const char *options)
{
    struct table *t = catalog_find_table(p->now, str_of(p->is->name));
    t->native = arena_strdup(p->now->arena, options);
}

void mongo_plan_create_column(struct planner *p, const struct change *c)
{
    const struct column *column = table_find_column(p->is, str_of(c->create_column.column.name));
    bool restores = c->create_column.restore.object != NULL;
    if (refuse_foreign(p, column, c->create_column.n_checks)) {
        return;
    }
    if (!is_ours(p->is)) {
        set_foreign(p, foreign_set(p->arena, p->is->native, column->name,
                                   model_property(p->arena, column, column->is_nullable), NULL,
                                   !column->is_nullable));
    }
    if (!column->is_nullable && !column->default_value && !restores) {
        step_check(p, mongo_doc(p->arena), CHECK_NO_VALUE);
    }
    /* values first: both the validator before and the one behind take them, also backwards */
    step_check(p, exists(p, mongo_field(p->is, column), true), CHECK_NAME);
    if (column->default_value) {
        fill(p, column);
    }
    if (restores) {
        bring_back(p, c, column);
    }
    for (size_t i = 0; i < c->create_column.n_checks; i++) {
        check_rows(p, &c->create_column.checks[i]);
    }
    step_validator(p);
    for (size_t i = 0; i < c->create_column.n_indexes; i++) {
        step_index(p, &c->create_column.indexes[i]);
    }
}

static bool index_reads(const struct index *i, const char *column)
{
    for (size_t k = 0; k < i->n_keys; k++) {
        if (i->keys[k].column && str_eq_nocase(str_of(i->keys[k].column), str_of(column))) {
            return true;
        }
    }
    return i->where && expr_mentions(i->where, column);
}

/* Drops the indexes of the table before that read @column; returns how many they are. */
static size_t drop_indexes(struct planner *p, const char *column)
{
    size_t n = 0;
    for (size_t i = 0; i < p->was->n_indexes; i++) {
        if (index_reads(&p->was->indexes[i], column)) {
            step_drop_index(p, &p->was->indexes[i]);
            n++;
        }
    }
    return n;
}

static void make_room(struct planner *p, const char *trash)
{
    bson_t *create = mongo_doc(p->arena);
    bson_t *undo = mongo_doc(p->arena);
    BSON_APPEND_UTF8(create, "create", trash);
    BSON_APPEND_UTF8(undo, "drop", trash);
    mongo_plan_step(p, create,
                    &(struct step_words){.comment = "the values are kept here", .undo = undo});
}

void mongo_plan_drop_column(struct planner *p, const struct change *c)
{
    const char *name = table_find_column(p->was, str_of(c->drop_column.column))->name;
    const char *field = field_of(p->was, name);
    const char *trash = c->drop_column.trash;
    if (trash) {
        make_room(p, trash);
        mongo_plan_step(p, merge_of(p, p->is->name, field, trash, "v", true),
                        &(struct step_words){.comment = "the values are kept"});
    }
    (void)drop_indexes(p, name);
    if (!is_ours(p->is)) {
        set_foreign(p, foreign_set(p->arena, p->is->native, name, NULL, NULL, false));
    }
    if (is_ours(p->is) || !text_eq(p->is->native, p->was->native)) {
        step_validator(p);
    }
    if (trash) {
        mongo_plan_step(
            p, update_of(p, field, false, change_of(p, "$unset", field, "")),
            &(struct step_words){.comment = "the field goes from each document",
                                 .undo = merge_of(p, trash, "v", p->is->name, field, false),
                                 .is_rewrite = true});
        return;
    }
    /* not kept: set aside for as long as the rest may still fail, gone behind it */
    const char *aside =
        arena_printf(p->arena, TELAIO_PREFIX "drop_%s_%zu", p->plan->tag, p->operation);
    mongo_plan_step(p, update_of(p, field, false, change_of(p, "$rename", field, aside)),
                    &(struct step_words){
                        .undo = update_of(p, aside, false, change_of(p, "$rename", aside, field)),
                        .is_rewrite = true});
    mongo_plan_late(p, update_of(p, aside, false, change_of(p, "$unset", aside, "")),
                    &(struct step_words){.comment = "the values go for good", .is_rewrite = true});
}

/* A document without the field @name would not pass. */
static bool holds(const struct table *t, const char *name)
{
    bool held = t->native || !table_find_column(t, str_of(name))->is_nullable;
    for (size_t i = 0; i < t->n_checks; i++) {
        held = held || expr_mentions(t->checks[i].expr, name);
    }
    return held;
}

void mongo_plan_rename_column(struct planner *p, const struct change *c)
{
    const char *from = table_find_column(p->was, str_of(c->rename_column.column))->name;
    const char *to = c->rename_column.new_name;
    bool is_key = text_eq(field_of(p->was, from), "_id");
    if (is_key && !is_ours(p->is)) {
        mongo_plan_fail(p,
                        ERROR(p->err, ERR_UNSUPPORTED, "\"_id\" is the key of every collection"));
        return;
    }
    if (is_key) { /* the field is "_id" whatever the column is called */
        step_validator(p);
        return;
    }
    bool in_key = p->was->n_primary_key > 1 && table_in_primary_key(p->was, from);
    step_check(p, exists(p, to, true), CHECK_NAME);
    size_t n = drop_indexes(p, from);
    if (in_key) {
        step_drop_key_index(p);
    }
    if (!is_ours(p->is)) {
        set_foreign(p, foreign_set(p->arena, p->is->native, to, NULL, from, false));
    }
    bool validates = is_ours(p->is) || !text_eq(p->is->native, p->was->native);
    bool is_held = validates && holds(p->was, from);
    if (is_held) {
        step_validation_off(p);
    } else if (validates) {
        step_validator(p);
    }
    mongo_plan_step(
        p, update_of(p, from, false, change_of(p, "$rename", from, to)),
        &(struct step_words){.comment = "the field is renamed in each document",
                             .undo = update_of(p, to, false, change_of(p, "$rename", to, from)),
                             .is_rewrite = true});
    if (is_held) {
        step_validation_on(p);
    }
    if (in_key) {
        step_key_index(p);
    }
    struct table *table = catalog_find_table(p->now, str_of(p->is->name));
    for (size_t i = 0; i < table->n_indexes && n > 0; i++) {
        struct index *one = &table->indexes[i];
        if (one->native) {
            one->native = foreign_renamed(p->now->arena, one->native, from, to);
        }
        if (index_reads(one, to)) {
            step_index(p, one);
        }
    }
}

void mongo_plan_modify_column(struct planner *p, const struct change *c)
{
    if (!is_ours(p->is)) {
        mongo_plan_fail(p, ERROR(p->err, ERR_UNSUPPORTED,
                                 "MongoDB keeps no rules of a collection that was made elsewhere"));
        return;
    }
    if (c->modify_column.check.expr) {
        check_rows(p, &c->modify_column.check);
    }
    step_validator(p);
}
