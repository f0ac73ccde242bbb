#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"
#include "observe/log.h"

/* ---- what commands call -----------------------------------------------------------------------
 */

const char *cli_operand(const struct cli *c, size_t i)
{
    return i < c->options.n_operands ? c->options.operands[i] : NULL;
}

struct turn {
    struct cli *cli;
    cli_caller_fn *fn;
    const char *tenant;
};

static enum errcode take_turn(struct app *app, void *arg, struct error *err)
{
    struct turn *t = arg;
    struct caller caller;
    const char *source = options_text(&t->cli->options, "source");
    AUTO(arena_freep)
    struct arena *a = arena_new(); /* gives back what is open before the app closes */
    TRY(caller_system(app, a, t->tenant, &caller, err));
    TRY(caller_use_source(&caller, str_of(source), err));
    return t->fn(t->cli, &caller, err);
}

enum errcode cli_as_system(struct cli *c, cli_caller_fn *fn, struct error *err)
{
    struct turn t = {.cli = c, .fn = fn, .tenant = options_text(&c->options, "tenant")};
    return c->host->with_app(&c->settings, take_turn, &t, err);
}

enum errcode cli_as_platform(struct cli *c, cli_caller_fn *fn, struct error *err)
{
    struct turn t = {.cli = c, .fn = fn};
    return c->host->with_app(&c->settings, take_turn, &t, err);
}

/* ---- settings ---------------------------------------------------------------------------------
 */

/* The options among those given that are settings. */
enum errcode cli_flags(const struct options *o, struct settings *out, struct error *err)
{
    const struct setting_row *rows = settings_rows();
    for (size_t i = 0; i < SETTING_N; i++) {
        const char *value = options_text(o, rows[i].name);
        if (value) {
            TRY(settings_set(out, rows[i].name, value, ORIGIN_FLAG, err));
        }
    }
    return ERR_OK;
}

enum errcode cli_settings(void *arg, struct arena *a, struct settings *out, struct error *err)
{
    const struct cli *c = arg;
    const char *file = options_text(&c->options, "config");
    settings_init(out, a);
    TRY(cli_flags(&c->options, out, err));
    TRY(settings_environment(out, environ, err));
    return file ? settings_file(out, file, err) : ERR_OK;
}

enum errcode cli_check_folder(const struct cli *c, struct error *err)
{
    struct folder_entry entry;
    struct error why = ERROR_INIT;
    const char *folder = c->settings.text[SETTING_DATA];
    if (folder_look(folder, &entry, &why) == ERR_OK) {
        return ERR_OK;
    }
    if (why.code != ERR_NOT_FOUND) {
        return error_move(err, &why);
    }
    error_release(&why);
    ERROR(err, ERR_NOT_FOUND, "no data folder \"%s\"", folder);
    return error_hint(err, "--data DIR or TELAIO_DATA says where it is");
}

/* ---- which command ------------------------------------------------------------------------------
 */

static enum errcode unknown_command(const struct options *o, struct error *err)
{
    if (commands_is_noun(o->operands[0])) {
        ERROR(err, ERR_USAGE, o->n_operands > 1 ? "unknown command \"%s %s\"" : "\"%s\" what?",
              o->operands[0], o->n_operands > 1 ? o->operands[1] : "");
        return error_hint(err, "telaio help %s lists what there is", o->operands[0]);
    }
    ERROR(err, ERR_USAGE, "unknown command \"%s\"", o->operands[0]);
    return error_hint(err, "telaio help lists the commands");
}

static enum errcode check_operands(const struct cli *c, struct error *err)
{
    int least = 0, most = 0;
    commands_operand_range(c->command, &least, &most);
    size_t n = c->options.n_operands;
    if (n >= (size_t)least && (most < 0 || n <= (size_t)most)) {
        return ERR_OK;
    }
    ERROR(err, ERR_USAGE, n < (size_t)least ? "an operand is missing" : "unexpected \"%s\"",
          n < (size_t)least ? "" : c->options.operands[most]);
    return error_hint(err, "usage: telaio %s%s%s [options]", c->command->name,
                      c->command->operands[0] ? " " : "", c->command->operands);
}

/* Reads the words twice: once with every option there is, to find the command wherever it stands,
   and then with the options of that command. */
static enum errcode parse(struct cli *c, int argc, char **argv, struct error *err)
{
    struct options all = {0};
    size_t n_used = 0;
    TRY(options_parse(c->arena, argc, argv, commands_tables(c->arena, NULL), &all, err));
    c->options = all;
    c->json = options_flag(&all, "json");
    if (all.n_operands == 0) {
        return ERR_OK;
    }
    c->command = commands_find(all.operands, all.n_operands, &n_used);
    if (!c->command && options_flag(&all, "help") && commands_is_noun(all.operands[0])) {
        return ERR_OK;
    }
    if (!c->command) {
        return unknown_command(&all, err);
    }
    TRY(options_parse(c->arena, argc, argv, commands_tables(c->arena, c->command), &c->options,
                      err));
    c->options.operands += n_used;
    c->options.n_operands -= n_used;
    return options_flag(&c->options, "help") ? ERR_OK : check_operands(c, err);
}

/* ---- running ----------------------------------------------------------------------------------
 */

/* What needs no command: --version, --help, and nothing at all. */
static bool answer_plainly(struct cli *c)
{
    if (options_flag(&c->options, "version")) {
        buf_adds(&c->out, "telaio " TELAIO_VERSION "\n");
        return true;
    }
    if (options_flag(&c->options, "help")) {
        const char *noun = c->options.n_operands && !c->command ? c->options.operands[0] : NULL;
        if (c->command) {
            help_command(c->arena, c->command, &c->out);
        } else if (noun) {
            help_noun(noun, &c->out);
        } else {
            help_overview(&c->out);
        }
        return true;
    }
    return false;
}

static enum errcode run_command(struct cli *c, struct error *err)
{
    if (c->command->folder != FOLDER_UNUSED) {
        TRY(cli_settings(c, c->arena, &c->settings, err));
        if (c->command->folder == FOLDER_EXISTING) {
            TRY(cli_check_folder(c, err));
        }
        if (!c->command->takes_settings &&
            c->settings.origin[SETTING_LOG_LEVEL] == ORIGIN_DEFAULT) {
            (void)log_set_level("error"); /* a word it knows; what a command does is its result */
        }
    }
    return c->command->run(c, err);
}

static enum errcode run(struct cli *c, int argc, char **argv, struct error *err)
{
    TRY(parse(c, argc - 1, argv + 1, err));
    if (answer_plainly(c)) {
        return ERR_OK;
    }
    if (!c->command) {
        ERROR(err, ERR_USAGE, "which command?");
        return error_hint(err, "telaio help lists the commands");
    }
    return run_command(c, err);
}

int cli_main(int argc, char **argv, const struct cli_host *host)
{
    struct error err = ERROR_INIT, late = ERROR_INIT;
    struct cli c = {.host = host, .arena = arena_new()};
    buf_init(&c.out, CLI_OUT_MAX);
    enum errcode code = run(&c, argc, argv, &err);
    if (code == ERR_OK && buf_failed(&c.out)) {
        code = ERROR(&err, ERR_TOO_LARGE, "the result is larger than %zu bytes", CLI_OUT_MAX);
    }
    if (output_write(STDOUT_FILENO, c.out.p, c.out.n, &late) != ERR_OK && code == ERR_OK) {
        code = error_move(&err, &late);
    }
    if (code != ERR_OK) {
        output_error(&err, c.json);
    }
    int status = c.status ? c.status : errcode_row(code)->exit_status;
    error_release(&late);
    error_release(&err);
    buf_release(&c.out);
    arena_free(c.arena);
    return status;
}
