#include "app/system.h"
#include "cli/command.h"
#include "cli/output.h"

static const char *const keys[] = {"name",    "title",     "number", "applied",
                                   "changed", "appliedAt", NULL};

static enum errcode need_system(const struct cli *c, struct error *err)
{
    if (options_flag(&c->options, "system")) {
        return ERR_OK;
    }
    ERROR(err, ERR_USAGE, "migration files of a project are not supported yet");
    return error_hint(err, "--system works on Telaio's own tables");
}

static enum errcode number_of(const struct cli *c, int *out, struct error *err)
{
    const char *text = options_text(&c->options, "to");
    int64_t to = -1;
    if (text && (!str_int64(str_of(text), &to) || to < 0 || to > INT32_MAX)) {
        return ERROR(err, ERR_USAGE, "--to \"%s\" is no number of a migration", text);
    }
    *out = (int)to;
    return ERR_OK;
}

/* ---- looking ------------------------------------------------------------------------------------
 */

struct look {
    struct cli *cli;
    struct migration_status *rows;
    size_t n;
};

static enum errcode look(struct engine *engine, const struct settings *settings, void *arg,
                         struct error *err)
{
    struct look *l = arg;
    return system_status(engine, settings, l->cli->arena, &l->rows, &l->n, err);
}

typedef bool row_fn(const struct migration_status *row);

static size_t print(struct cli *c, const struct look *l, row_fn *wanted)
{
    struct grid g;
    size_t n = 0;
    grid_init(&g, c->arena, keys);
    for (size_t i = 0; i < l->n; i++) {
        const struct migration_status *r = &l->rows[i];
        if (!wanted(r)) {
            continue;
        }
        n++;
        grid_row(&g, (struct cell[]){cell_text(r->name), cell_text(r->title), cell_int(r->number),
                                     cell_bool(r->is_applied), cell_bool(r->is_changed),
                                     cell_time(r->applied_at)});
    }
    grid_print(&g, c->json, &c->out);
    return n;
}

static enum errcode look_at(struct cli *c, row_fn *wanted, size_t *n, struct error *err)
{
    struct look l = {.cli = c};
    TRY(need_system(c, err));
    TRY(c->host->with_engine(&c->settings, look, &l, err));
    *n = print(c, &l, wanted);
    return ERR_OK;
}

static bool is_any(const struct migration_status *row)
{
    return row != NULL;
}

static bool is_pending(const struct migration_status *row)
{
    return !row->is_applied;
}

static bool is_changed(const struct migration_status *row)
{
    return row->is_changed;
}

static enum errcode run_status(struct cli *c, struct error *err)
{
    size_t n;
    return look_at(c, is_any, &n, err);
}

static enum errcode run_plan(struct cli *c, struct error *err)
{
    size_t n;
    return look_at(c, is_pending, &n, err);
}

static enum errcode run_verify(struct cli *c, struct error *err)
{
    size_t n = 0;
    TRY(look_at(c, is_changed, &n, err));
    return n == 0
               ? ERR_OK
               : ERROR(err, ERR_CORRUPT, "%zu applied from other content than this program has", n);
}

/* ---- moving -------------------------------------------------------------------------------------
 */

struct move {
    int to;
    size_t n;
};

static enum errcode up(struct engine *engine, const struct settings *settings, void *arg,
                       struct error *err)
{
    struct move *m = arg;
    return system_up(engine, settings, m->to, &m->n, err);
}

static enum errcode down(struct engine *engine, const struct settings *settings, void *arg,
                         struct error *err)
{
    struct move *m = arg;
    return system_down(engine, settings, m->to, &m->n, err);
}

static enum errcode move(struct cli *c, cli_engine_fn *fn, const char *key, struct error *err)
{
    struct move m = {0};
    const char *const move_keys[] = {key, NULL};
    struct grid g;
    TRY(need_system(c, err));
    TRY(number_of(c, &m.to, err));
    TRY(c->host->with_engine(&c->settings, fn, &m, err));
    grid_init(&g, c->arena, move_keys);
    grid_row(&g, (struct cell[]){cell_int((int64_t)m.n)});
    grid_print_one(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode run_up(struct cli *c, struct error *err)
{
    return move(c, up, "applied", err);
}

static enum errcode run_down(struct cli *c, struct error *err)
{
    return move(c, down, "takenBack", err);
}

static const struct option_row look_options[] = {
    {"system", NULL, "Telaio's own tables", false},
    {0},
};

static const struct option_row move_options[] = {
    {"system", NULL, "Telaio's own tables", false},
    {"to", "N", "up or down to this number; down without it takes back the newest alone", false},
    {0},
};

const struct command commands_migrate[] = {
    {
        .name = "migrate status",
        .operands = "",
        .summary = "List migrations and which are applied",
        .example = "migrate status --system",
        .options = look_options,
        .folder = FOLDER_EXISTING,
        .run = run_status,
    },
    {
        .name = "migrate plan",
        .operands = "",
        .summary = "List the migrations that up would apply",
        .options = look_options,
        .folder = FOLDER_EXISTING,
        .run = run_plan,
    },
    {
        .name = "migrate up",
        .operands = "",
        .summary = "Apply migrations that are missing",
        .text = "The server does so by itself when it starts.",
        .options = move_options,
        .folder = FOLDER_EXISTING,
        .run = run_up,
    },
    {
        .name = "migrate down",
        .operands = "",
        .summary = "Take migrations back",
        .text = "--to 0 takes back all but the base tables and the journal, which keep their data. "
                "Refused while a server works in the data folder.",
        .example = "migrate down --system --to 0",
        .options = move_options,
        .folder = FOLDER_EXISTING,
        .run = run_down,
    },
    {
        .name = "migrate verify",
        .operands = "",
        .summary = "List applied migrations whose content has changed; exit 4 when there is one",
        .options = look_options,
        .folder = FOLDER_EXISTING,
        .run = run_verify,
    },
    {0},
};
