#include "app/source_ops.h"

#include "base/attr.h"
#include "engine/plan.h"

#define TABLE "sample"

static struct column column(const char *name, enum type_kind kind)
{
    return (struct column){.name = name, .type = {.kind = kind}, .is_nullable = true};
}

static struct table *sample_table(struct arena *a, const char *name)
{
    struct table *t = ARENA_NEW(a, struct table);
    t->name = name;
    t->kind = TABLE_BASE;
    t->row_estimate = -1;
    t->n_columns = 2;
    t->columns = ARENA_ARRAY(a, t->n_columns, struct column);
    t->columns[0] = column("id", TYPE_INT64);
    t->columns[0].is_nullable = false;
    t->columns[1] = column("name", TYPE_TEXT);
    t->primary_key = ARENA_ARRAY(a, 1, const char *);
    t->primary_key[0] = "id";
    t->n_primary_key = 1;
    return t;
}

static struct index sample_index(struct arena *a)
{
    struct index_key *key = ARENA_NEW(a, struct index_key);
    key->column = "name";
    return (struct index){.name = "sample_by_name", .keys = key, .n_keys = 1};
}

static struct catalog *sample_catalog(struct arena *a)
{
    struct catalog *c = catalog_new();
    struct table *t = sample_table(c->arena, TABLE);
    struct table *trash = sample_table(c->arena, TELAIO_TRASH_PREFIX "sample_0");
    t->indexes = ARENA_ARRAY(c->arena, 1, struct index);
    t->indexes[0] = sample_index(a);
    t->n_indexes = 1;
    trash->is_internal = true;
    catalog_add_table(c, t);
    catalog_add_table(c, trash);
    return c;
}

static struct change sample_change(struct arena *a, enum change_kind kind)
{
    struct change c = {.kind = kind};
    switch (kind) {
    case CHANGE_CREATE_TABLE:
        c.create_table.table = sample_table(a, "another");
        break;
    case CHANGE_DROP_TABLE:
        c.drop_table.table = TABLE;
        break;
    case CHANGE_RENAME_TABLE:
        c.rename_table.table = TABLE;
        c.rename_table.new_name = "another";
        break;
    case CHANGE_RESTORE_TABLE:
        c.restore_table.table = sample_table(a, "another");
        c.restore_table.trash = TELAIO_TRASH_PREFIX "sample_0";
        break;
    case CHANGE_CREATE_COLUMN:
        c.create_column.table = TABLE;
        c.create_column.column = column("note", TYPE_TEXT);
        break;
    case CHANGE_DROP_COLUMN:
        c.drop_column.table = TABLE;
        c.drop_column.column = "name";
        break;
    case CHANGE_RENAME_COLUMN:
        c.rename_column.table = TABLE;
        c.rename_column.column = "name";
        c.rename_column.new_name = "title";
        break;
    case CHANGE_CREATE_INDEX:
        c.create_index.table = TABLE;
        c.create_index.index = sample_index(a);
        c.create_index.index.name = "sample_by_name_2";
        break;
    case CHANGE_DROP_INDEX:
        c.drop_index.table = TABLE;
        c.drop_index.index = "sample_by_name";
        break;
    case CHANGE_MODIFY_COLUMN:
        c.modify_column.table = TABLE;
        c.modify_column.column = "name";
        c.modify_column.rules = (struct column_rules){.has_max_length = true, .max_length = 100};
        break;
    default:
        break;
    }
    return c;
}

static enum errcode plan_one(struct arena *a, struct engine *e, enum change_kind kind,
                             struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *before = sample_catalog(a);
    AUTO(catalog_unrefp) struct catalog *after = NULL;
    struct change_list *list = ARENA_NEW(a, struct change_list);
    list->items = ARENA_NEW(a, struct change);
    list->items[0] = sample_change(a, kind);
    list->n = 1;
    change_list_prepare(a, list, "sample");
    TRY(change_list_apply(list, before, &after, err));
    return engine_plan(e, before, plan_new(a, list, "sample"), err);
}

static struct source_op judge(struct arena *a, struct engine *e, enum change_kind kind)
{
    struct source_op op = {.op = change_ops(kind)->wire};
    struct error why = ERROR_INIT;
    if (!e) {
        op.reason = "the kind of database is not known to this program";
        return op;
    }
    /* whatever else is wrong with a sample is no lack of the engine's */
    op.is_supported = plan_one(a, e, kind, &why) != ERR_UNSUPPORTED;
    if (!op.is_supported) {
        op.reason = arena_strdup(a, why.message);
    }
    error_release(&why);
    return op;
}

/* Operations of the specification that no change of ours is called by. */
static const char *const others[] = {"CREATE_FOREIGN_KEY", "DROP_FOREIGN_KEY"};

static bool is_a_kind(const char *op)
{
    for (size_t k = CHANGE_NONE + 1; k < CHANGE_N; k++) {
        if (text_eq(change_ops((enum change_kind)k)->wire, op)) {
            return true;
        }
    }
    return false;
}

static const char *no_keys(const struct engine *e)
{
    if (!e) {
        return "the kind of database is not known to this program";
    }
    return e->caps.foreign_keys ? "a foreign key is made with its table or column, and goes with it"
                                : "the database has no foreign keys";
}

void source_ops(struct arena *a, struct engine *e, const struct source_op **out, size_t *n)
{
    struct source_op *ops = ARENA_ARRAY(a, CHANGE_N + ARRAY_LEN(others), struct source_op);
    size_t count = 0;
    for (size_t k = CHANGE_NONE + 1; k < CHANGE_N; k++) {
        ops[count++] = judge(a, e, (enum change_kind)k);
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (!is_a_kind(others[i])) {
            ops[count++] = (struct source_op){.op = others[i], .reason = no_keys(e)};
        }
    }
    *out = ops;
    *n = count;
}
