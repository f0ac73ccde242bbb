#include "app/people.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/tenant_export.h"

static const char *const keys[] = {"id", "slug", "name", "active", "createdAt", NULL};

static void add_row(struct grid *g, const struct tenant *t)
{
    grid_row(g, (struct cell[]){cell_int(t->id), cell_text(t->slug), cell_text(t->name),
                                cell_bool(t->is_active), cell_time(t->created_at)});
}

static void print_one(struct cli *c, const struct tenant *t)
{
    struct grid g;
    grid_init(&g, c->arena, keys);
    add_row(&g, t);
    grid_print_one(&g, c->json, &c->out);
}

static enum errcode list(struct cli *c, struct caller *caller, struct error *err)
{
    struct tenant *tenants = NULL;
    size_t n = 0;
    struct grid g;
    TRY(people_tenant_list(caller, &tenants, &n, err));
    grid_init(&g, c->arena, keys);
    for (size_t i = 0; i < n; i++) {
        add_row(&g, &tenants[i]);
    }
    grid_print(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode add(struct cli *c, struct caller *caller, struct error *err)
{
    struct tenant made;
    TRY(people_tenant_add(caller, cli_operand(c, 0), options_text(&c->options, "name"), &made,
                          err));
    print_one(c, &made);
    return ERR_OK;
}

static enum errcode set_active(struct cli *c, struct caller *caller, const bool *on,
                               struct error *err)
{
    struct tenant changed;
    TRY(people_tenant_update(caller, cli_operand(c, 0), NULL, on, &changed, err));
    print_one(c, &changed);
    return ERR_OK;
}

static enum errcode disable(struct cli *c, struct caller *caller, struct error *err)
{
    static const bool off = false;
    return set_active(c, caller, &off, err);
}

static enum errcode enable(struct cli *c, struct caller *caller, struct error *err)
{
    static const bool on = true;
    return set_active(c, caller, &on, err);
}

static enum errcode delete (struct cli *c, struct caller *caller, struct error *err) {
    return people_tenant_delete(caller, cli_operand(c, 0), err);
}

static enum errcode run_list(struct cli *c, struct error *err)
{
    return cli_as_platform(c, list, err);
}

static enum errcode run_add(struct cli *c, struct error *err)
{
    return cli_as_platform(c, add, err);
}

static enum errcode run_disable(struct cli *c, struct error *err)
{
    return cli_as_platform(c, disable, err);
}

static enum errcode run_enable(struct cli *c, struct error *err)
{
    return cli_as_platform(c, enable, err);
}

static enum errcode run_delete(struct cli *c, struct error *err)
{
    return cli_as_platform(c, delete, err);
}

static const struct option_row add_options[] = {
    {"name", "TEXT", "what to call it (default: the slug)", false},
    {0},
};

static const struct option_row export_options[] = {
    {"output", "DIR", "a new folder (default: SLUG-export)", false},
    {0},
};

const struct command commands_tenant[] = {
    {
        .name = "tenant add",
        .operands = "SLUG",
        .summary = "Add a tenant, with a database of its own",
        .example = "tenant add shop --name \"The shop\"",
        .options = add_options,
        .folder = FOLDER_EXISTING,
        .run = run_add,
    },
    {
        .name = "tenant list",
        .operands = "",
        .summary = "List tenants",
        .folder = FOLDER_EXISTING,
        .run = run_list,
    },
    {
        .name = "tenant disable",
        .operands = "SLUG",
        .summary = "Keep everybody out of a tenant; its data stays",
        .folder = FOLDER_EXISTING,
        .run = run_disable,
    },
    {
        .name = "tenant enable",
        .operands = "SLUG",
        .summary = "Let people into a disabled tenant again",
        .folder = FOLDER_EXISTING,
        .run = run_enable,
    },
    {
        .name = "tenant export",
        .operands = "SLUG",
        .summary = "All of a tenant's tables into a new folder",
        .text = "schema.json describes the tables; the rows of each are in TABLE.ndjson.",
        .options = export_options,
        .folder = FOLDER_EXISTING,
        .run = tenant_export,
    },
    {
        .name = "tenant delete",
        .operands = "SLUG",
        .summary = "Take a tenant away from everybody",
        .text = "Its database file stays in the data folder and its slug stays taken.",
        .folder = FOLDER_EXISTING,
        .run = run_delete,
    },
    {0},
};
