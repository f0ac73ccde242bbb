#include "app/sources.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/secret.h"
#include "cli/source_json.h"

static const char *const keys[] = {"name",    "kind",    "mode",      "address",
                                   "version", "problem", "createdAt", NULL};
static const char *const test_keys[] = {"ok", "version", "tables", "ms", NULL};

static void add_row(struct grid *g, const struct source_info *s)
{
    const struct source *row = s->source;
    const char *address =
        row->kind && !s->is_main ? engine_address_text(g->arena, row->kind, &row->options) : NULL;
    bool is_writable = s->is_main || row->record.is_writable;
    grid_row(g, (struct cell[]){
                    cell_text(row->record.name),
                    cell_text(row->record.kind),
                    cell_text(is_writable ? "read-write" : "read-only"),
                    cell_text(address),
                    cell_text(s->engine ? s->engine->version : NULL),
                    cell_text(s->problem),
                    cell_time(row->record.created_at),
                });
}

static enum errcode list(struct cli *c, struct caller *caller, struct error *err)
{
    struct source_info *sources = NULL;
    size_t n = 0;
    struct grid g;
    TRY(sources_list(caller, &sources, &n, err));
    grid_init(&g, c->arena, keys);
    for (size_t i = 0; i < n; i++) {
        add_row(&g, &sources[i]);
    }
    grid_print(&g, c->json, &c->out);
    return ERR_OK;
}

static struct source_names names_of(const struct cli *c, const char *option)
{
    struct source_names names = {0};
    const char **items = NULL;
    for (const char *one; (one = options_nth(&c->options, option, names.n)) != NULL;) {
        ARENA_PUSH(c->arena, items, names.n, one);
    }
    names.items = items;
    return names;
}

static enum errcode add(struct cli *c, struct caller *caller, struct error *err)
{
    const struct source_words words = {
        .name = cli_operand(c, 0),
        .address = cli_operand(c, 1),
        .mode = options_text(&c->options, "mode"),
        .display_name = options_text(&c->options, "display-name"),
        .allow = names_of(c, "allow"),
        .forbid = names_of(c, "forbid"),
        .password = c->secret,
    };
    struct source_edit e;
    struct source_info made;
    struct grid g;
    TRY(source_words_decode(caller, &words, &e, err));
    TRY(sources_add(caller, &e, &made, err));
    grid_init(&g, c->arena, keys);
    add_row(&g, &made);
    grid_print_one(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode test(struct cli *c, struct caller *caller, struct error *err)
{
    const struct source *was = NULL;
    struct source_test t;
    struct grid g;
    TRY(sources_find(caller, ACTION_DATASOURCES_CONNECT, cli_operand(c, 0), &was, err));
    TRY(sources_test(caller, was, NULL, &t, err));
    if (!t.is_ok) {
        ERROR(err, t.why.code, "%s", t.why.message);
        return t.why.hint ? error_hint(err, "%s", t.why.hint) : t.why.code;
    }
    grid_init(&g, c->arena, test_keys);
    grid_row(&g, (struct cell[]){cell_bool(true), cell_text(t.version), cell_int(t.n_tables),
                                 cell_int(t.us / 1000)});
    grid_print_one(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode remove_one(struct cli *c, struct caller *caller, struct error *err)
{
    return sources_remove(caller, cli_operand(c, 0), err);
}

static enum errcode run_list(struct cli *c, struct error *err)
{
    return cli_as_system(c, list, err);
}

static enum errcode run_add(struct cli *c, struct error *err)
{
    bool is_asked = options_flag(&c->options, "password");
    if (is_asked || options_flag(&c->options, "password-stdin")) {
        TRY(secret_read(c, &c->secret, err));
    }
    return cli_as_system(c, add, err);
}

static enum errcode run_test(struct cli *c, struct error *err)
{
    return cli_as_system(c, test, err);
}

static enum errcode run_remove(struct cli *c, struct error *err)
{
    return cli_as_system(c, remove_one, err);
}

static const struct option_row add_options[] = {
    {"mode", "MODE", "read-only (default) or read-write", false},
    {"display-name", "TEXT", "what to call it", false},
    {"allow", "PATTERN", "a table that is there (default: all)", true},
    {"forbid", "PATTERN", "a table that is there for nobody", true},
    {"password", NULL, "ask for the password on the terminal", false},
    {"password-stdin", NULL, "read the password from the first line of standard input", false},
    {0},
};

const struct command commands_source[] = {
    {
        .name = "source add",
        .operands = "NAME ADDRESS",
        .summary = "Attach a database that is there",
        .text = "The address is SCHEME://USER@HOST:PORT/DATABASE, or sqlite:PATH for a file in the "
                "folder of the setting source-folder. It is connected to first. The password "
                "belongs into no command line. It is kept sealed.",
        .example = "source add shop postgres://reader@db.example.org/shop --password",
        .options = add_options,
        .folder = FOLDER_EXISTING,
        .run = run_add,
    },
    {
        .name = "source list",
        .operands = "",
        .summary = "List the databases of a tenant",
        .folder = FOLDER_EXISTING,
        .run = run_list,
    },
    {
        .name = "source test",
        .operands = "NAME",
        .summary = "Connect to an attached database anew, and say why when that fails",
        .folder = FOLDER_EXISTING,
        .run = run_test,
    },
    {
        .name = "source remove",
        .operands = "NAME",
        .summary = "Detach a database, which stays as it is",
        .folder = FOLDER_EXISTING,
        .run = run_remove,
    },
    {0},
};
