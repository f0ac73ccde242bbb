#include "app/changes.h"
#include "app/tables.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/schema_json.h"

/* ---- inspect
 * -------------------------------------------------------------------------------------- */

static void print_table(struct cli *c, const struct app_table *t)
{
    static const char *const keys[] = {"column", "type", "required", "key", NULL};
    struct grid g;
    grid_init(&g, c->arena, keys);
    for (size_t i = 0; i < t->table->n_columns; i++) {
        const struct column *column = t->columns[i];
        bool is_key = table_in_primary_key(t->table, column->name);
        grid_row(&g, (struct cell[]){
                         cell_text(column->name),
                         cell_text(column->type.native ? column->type.native
                                                       : type_wire_name(&column->type)),
                         cell_bool(!column->is_nullable),
                         cell_text(is_key              ? "primary"
                                   : column->is_unique ? "unique"
                                                       : ""),
                     });
    }
    buf_printf(&c->out, "%s%s\n", c->out.n ? "\n" : "", t->table->name);
    grid_print(&g, false, &c->out);
}

static enum errcode inspect(struct cli *c, struct caller *caller, struct error *err)
{
    struct app_table *tables = NULL;
    size_t n = 0;
    if (c->json) {
        return schema_write(caller, &c->out, err);
    }
    TRY(app_tables_list(caller, &tables, &n, err));
    for (size_t i = 0; i < n; i++) {
        print_table(c, &tables[i]);
    }
    if (n == 0) {
        output_note("no tables");
    }
    return ERR_OK;
}

static enum errcode run_inspect(struct cli *c, struct error *err)
{
    return cli_as_system(c, inspect, err);
}

/* ---- history and undo
 * ------------------------------------------------------------------------------- */

static const char *const keys[] = {"id",        "title",     "kind",      "state",    "actor",
                                   "undoClass", "createdAt", "undoUntil", "undoneBy", NULL};

static void add_row(struct grid *g, const struct change_record *r)
{
    grid_row(g, (struct cell[]){cell_text(r->id), cell_text(r->title), cell_text(r->kind),
                                cell_text(r->state), cell_text(r->actor_name),
                                cell_text(r->undo_class), cell_time(r->created_at),
                                cell_time(r->undo_until), cell_text(r->undone_by)});
}

static enum errcode history(struct cli *c, struct caller *caller, struct error *err)
{
    struct migrate_filter f = {0};
    struct change_record *records = NULL;
    const char *next = NULL; /* older ones are in the studio */
    size_t n = 0;
    struct grid g;
    TRY(app_changes_list(caller, &f, &records, &n, &next, err));
    grid_init(&g, c->arena, keys);
    for (size_t i = 0; i < n; i++) {
        add_row(&g, &records[i]);
    }
    grid_print(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode undo(struct cli *c, struct caller *caller, struct error *err)
{
    struct change_record record;
    struct grid g;
    TRY(app_change_undo(caller, cli_operand(c, 0), &record, err));
    grid_init(&g, c->arena, keys);
    add_row(&g, &record);
    grid_print_one(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode run_history(struct cli *c, struct error *err)
{
    return cli_as_system(c, history, err);
}

static enum errcode run_undo(struct cli *c, struct error *err)
{
    return cli_as_system(c, undo, err);
}

static const struct option_row source_options[] = {
    {"source", "NAME", "an attached database (default: the tenant's own tables)", false},
    {0},
};

const struct command commands_schema[] = {
    {
        .name = "schema inspect",
        .operands = "",
        .summary = "Show the tables of a tenant",
        .text = "With --json everything that is known of them, as one document.",
        .example = "schema inspect --tenant shop --json",
        .options = source_options,
        .folder = FOLDER_EXISTING,
        .run = run_inspect,
    },
    {
        .name = "schema history",
        .operands = "",
        .summary = "List the newest changes of structure",
        .options = source_options,
        .folder = FOLDER_EXISTING,
        .run = run_history,
    },
    {
        .name = "schema undo",
        .operands = "CHANGE",
        .summary = "Undo a change of structure, its data included",
        .options = source_options,
        .folder = FOLDER_EXISTING,
        .run = run_undo,
    },
    {0},
};
