#include <string.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"

/* ---- help ---------------------------------------------------------------------------------------
 */

static void help_errors(struct cli *c)
{
    static const char *const keys[] = {"code", "status", "exit", "meaning", NULL};
    struct grid g;
    grid_init(&g, c->arena, keys);
    for (int i = ERR_OK + 1; i < ERR_N; i++) {
        const struct errcode_row *row = errcode_row((enum errcode)i);
        grid_row(&g, (struct cell[]){cell_text(row->wire), cell_int(row->http_status),
                                     cell_int(row->exit_status), cell_text(row->meaning)});
    }
    grid_print(&g, c->json, &c->out);
}

static void help_settings(struct cli *c)
{
    static const char *const keys[] = {"name", "default", "reloadable", "help", NULL};
    const struct setting_row *rows = settings_rows();
    struct grid g;
    grid_init(&g, c->arena, keys);
    for (size_t i = 0; i < SETTING_N; i++) {
        grid_row(&g, (struct cell[]){cell_text(rows[i].name), cell_text(rows[i].default_text),
                                     cell_bool(rows[i].is_reloadable), cell_text(rows[i].help)});
    }
    grid_print(&g, c->json, &c->out);
}

static void add_route(void *arg, const struct cli_route *route)
{
    grid_row(arg, (struct cell[]){cell_text(route->method), cell_text(route->pattern),
                                  cell_text(route->action), cell_text(route->body),
                                  cell_text(route->query), cell_text(route->summary)});
}

static void help_routes(struct cli *c)
{
    static const char *const keys[] = {"method", "path",    "action", "body",
                                       "query",  "summary", NULL};
    struct grid g;
    grid_init(&g, c->arena, keys);
    if (c->host->each_route) {
        c->host->each_route(add_route, &g);
    }
    grid_print(&g, c->json, &c->out);
}

/* The table of commands for programs. */
static void help_json(struct cli *c)
{
    struct json_writer w;
    jsonw_init(&w, &c->out);
    jsonw_begin_array(&w);
    for (size_t i = 0; i < commands_n(); i++) {
        const struct command *row = commands_at(i);
        jsonw_begin_object(&w);
        jsonw_kv_text(&w, "name", row->name);
        jsonw_kv_text(&w, "operands", row->operands);
        jsonw_kv_text(&w, "summary", row->summary);
        jsonw_key(&w, "options");
        jsonw_begin_array(&w);
        for (const struct option_row *const *t = commands_tables(c->arena, row); *t; t++) {
            for (const struct option_row *o = *t; o->name; o++) {
                jsonw_begin_object(&w);
                jsonw_kv_text(&w, "name", o->name);
                jsonw_kv_text(&w, "argument", o->argument);
                jsonw_kv_bool(&w, "repeated", o->is_repeated);
                jsonw_kv_text(&w, "help", o->help);
                jsonw_end_object(&w);
            }
        }
        jsonw_end_array(&w);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
    buf_addc(&c->out, '\n');
}

static const struct topic {
    const char *name;
    void (*fn)(struct cli *c);
} topics[] = {
    {"errors", help_errors},
    {"settings", help_settings},
    {"routes", help_routes},
};

static enum errcode help_on(struct cli *c, const char *word, struct error *err)
{
    size_t n_used = 0;
    for (size_t i = 0; i < ARRAY_LEN(topics); i++) {
        if (text_eq(word, topics[i].name)) {
            topics[i].fn(c);
            return ERR_OK;
        }
    }
    const struct command *found =
        commands_find(c->options.operands, c->options.n_operands, &n_used);
    if (found && n_used == c->options.n_operands) {
        help_command(c->arena, found, &c->out);
        return ERR_OK;
    }
    if (c->options.n_operands == 1 && commands_is_noun(word)) {
        help_noun(word, &c->out);
        return ERR_OK;
    }
    ERROR(err, ERR_USAGE, "no help on \"%s\"", c->options.operands[c->options.n_operands - 1]);
    return error_hint(err, "telaio help lists the commands");
}

static enum errcode run_help(struct cli *c, struct error *err)
{
    const char *word = cli_operand(c, 0);
    if (options_flag(&c->options, "man")) {
        help_man(&c->out);
        return ERR_OK;
    }
    if (word) {
        return help_on(c, word, err);
    }
    if (c->json) {
        help_json(c);
    } else {
        help_overview(&c->out);
    }
    return ERR_OK;
}

/* ---- completion ---------------------------------------------------------------------------------
 */

static enum errcode run_completion(struct cli *c, struct error *err)
{
    if (completion_write(c->arena, cli_operand(c, 0), &c->out)) {
        return ERR_OK;
    }
    return ERROR(err, ERR_USAGE, "\"%s\" is none of bash, zsh, fish", cli_operand(c, 0));
}

static const struct option_row help_options[] = {
    {"man", NULL, "write the whole as a manual page", false},
    {0},
};

const struct command commands_help[] = {
    {
        .name = "help",
        .operands = "[COMMAND] [WORD]",
        .summary = "Show what a command does, or a table: errors, settings, routes",
        .example = "help user add\nhelp errors --json",
        .options = help_options,
        .run = run_help,
    },
    {
        .name = "completion",
        .operands = "SHELL",
        .summary = "Write the completion script for bash, zsh or fish",
        .example = "completion bash > /etc/bash_completion.d/telaio",
        .run = run_completion,
    },
    {0},
};
