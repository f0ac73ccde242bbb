#include "cli/help.h"

#include "base/str.h"

#define SUMMARY_COLUMN 34
#define TEXT_WIDTH     80

static void column(struct buf *out, size_t from, size_t to)
{
    size_t n = from < to ? to - from : 1;
    if (from >= to) {
        buf_addc(out, '\n');
        n = to;
    }
    while (n-- > 0) {
        buf_addc(out, ' ');
    }
}

static void usage(const struct command *c, struct buf *out)
{
    buf_printf(out, "telaio %s%s%s", c->name, c->operands[0] ? " " : "", c->operands);
}

static void line_of(const struct command *c, struct buf *out)
{
    size_t start = out->n;
    buf_printf(out, "  %s%s%s", c->name, c->operands[0] ? " " : "", c->operands);
    column(out, out->n - start, SUMMARY_COLUMN);
    buf_printf(out, "%s\n", c->summary);
}

void help_overview(struct buf *out)
{
    buf_adds(out, "telaio " TELAIO_VERSION ": own a database without dreading to change it\n\n"
                  "usage: telaio COMMAND [options]\n\n");
    for (size_t i = 0; i < commands_n(); i++) {
        line_of(commands_at(i), out);
    }
    buf_adds(out, "\nOptions may stand before or after the command and its operands. Options of "
                  "every command:\n");
    for (const struct option_row *o = options_global; o->name; o++) {
        size_t start = out->n;
        buf_printf(out, "  --%s%s%s", o->name, o->argument ? " " : "",
                   o->argument ? o->argument : "");
        column(out, out->n - start, SUMMARY_COLUMN);
        buf_printf(out, "%s\n", o->help);
    }
    buf_adds(out, "\ntelaio help COMMAND tells more; so do telaio help errors, settings and "
                  "routes.\n"
                  "Exit status: 0 ok, 1 error, 2 usage, 3 denied, 4 verification failed.\n");
}

void help_noun(const char *noun, struct buf *out)
{
    struct str prefix = str_of(noun);
    buf_printf(out, "usage: telaio %s COMMAND [options]\n\n", noun);
    for (size_t i = 0; i < commands_n(); i++) {
        struct str name = str_of(commands_at(i)->name);
        size_t space = str_find(name, ' ');
        if (space < name.n && str_eq(prefix, (struct str){name.p, space})) {
            line_of(commands_at(i), out);
        }
    }
    buf_printf(out, "\ntelaio help %s COMMAND tells more.\n", noun);
}

static void options_of(const struct option_row *rows, struct buf *out)
{
    for (const struct option_row *o = rows; o->name; o++) {
        size_t start = out->n;
        buf_printf(out, "  --%s%s%s%s", o->name, o->argument ? " " : "",
                   o->argument ? o->argument : "", o->is_repeated ? " ..." : "");
        column(out, out->n - start, SUMMARY_COLUMN);
        buf_printf(out, "%s\n", o->help);
    }
}

static void indent(const char *text, struct buf *out)
{
    struct str rest = str_of(text), line;
    while (str_split(&rest, '\n', &line)) {
        buf_adds(out, "  telaio ");
        buf_add_str(out, line);
        buf_addc(out, '\n');
    }
}

/* A paragraph in lines of TEXT_WIDTH. */
static void wrap(const char *text, struct buf *out)
{
    struct str rest = str_of(text), word;
    size_t at = 0;
    while (str_split(&rest, ' ', &word)) {
        bool fits = at == 0 || at + 1 + word.n <= TEXT_WIDTH;
        buf_adds(out, at == 0 ? "" : fits ? " " : "\n");
        at = fits ? at + (at > 0) + word.n : word.n;
        buf_add_str(out, word);
    }
    buf_addc(out, '\n');
}

void help_command(struct arena *a, const struct command *command, struct buf *out)
{
    buf_adds(out, "usage: ");
    usage(command, out);
    buf_printf(out, " [options]\n\n%s\n", command->summary);
    if (command->text) {
        buf_addc(out, '\n');
        wrap(command->text, out);
    }
    buf_adds(out, "\nOptions:\n");
    for (const struct option_row *const *t = commands_tables(a, command); *t; t++) {
        options_of(*t, out);
    }
    if (command->example) {
        buf_adds(out, "\nExample:\n");
        indent(command->example, out);
    }
}

/* ---- the manual page --------------------------------------------------------------------------
 */

/* Text for roff: backslashes and dashes are its own, and so is a dot at the start of a line. */
static void roff(const char *text, struct buf *out)
{
    bool at_start = true;
    for (const char *c = text; *c; c++) {
        if (at_start && (*c == '.' || *c == '\'')) {
            buf_adds(out, "\\&");
        }
        if (*c == '\\') {
            buf_adds(out, "\\e");
        } else if (*c == '-') {
            buf_adds(out, "\\-");
        } else {
            buf_addc(out, *c);
        }
        at_start = *c == '\n';
    }
}

static void roff_options(const struct option_row *rows, struct buf *out)
{
    for (const struct option_row *o = rows; o->name; o++) {
        buf_adds(out, ".TP\n\\fB\\-\\-");
        roff(o->name, out);
        buf_adds(out, "\\fR");
        if (o->argument) {
            buf_adds(out, " \\fI");
            roff(o->argument, out);
            buf_adds(out, "\\fR");
        }
        buf_addc(out, '\n');
        roff(o->help, out);
        buf_addc(out, '\n');
    }
}

static void roff_command(const struct command *c, struct buf *out)
{
    buf_adds(out, ".SS \"");
    roff(c->name, out);
    if (c->operands[0]) {
        buf_addc(out, ' ');
        roff(c->operands, out);
    }
    buf_adds(out, "\"\n");
    roff(c->summary, out);
    buf_adds(out, ".\n");
    if (c->text) {
        buf_adds(out, ".PP\n");
        roff(c->text, out);
        buf_addc(out, '\n');
    }
    if (c->options) {
        roff_options(c->options, out);
    }
    if (c->example) {
        struct str rest = str_of(c->example), line;
        buf_adds(out, ".PP\n.EX\n");
        while (str_split(&rest, '\n', &line)) {
            AUTO(arena_freep) struct arena *a = arena_new();
            buf_adds(out, "    telaio ");
            roff(arena_str(a, line), out);
            buf_addc(out, '\n');
        }
        buf_adds(out, ".EE\n");
    }
}

static void roff_settings(struct buf *out)
{
    const struct setting_row *rows = settings_rows();
    for (size_t i = 0; i < SETTING_N; i++) {
        buf_adds(out, ".TP\n\\fB");
        roff(rows[i].name, out);
        buf_adds(out, "\\fR\n");
        roff(rows[i].help, out);
        buf_adds(out, rows[i].default_text[0] ? " (default " : "");
        roff(rows[i].default_text, out);
        buf_adds(out, rows[i].default_text[0] ? ")\n" : "\n");
    }
}

static const struct status_row {
    int status;
    const char *meaning;
} statuses[] = {
    {0, "All went well."},
    {1, "It failed."},
    {2, "The command line, a setting or a value is not understood."},
    {3, "It is not allowed."},
    {4, "A verification failed: doctor found something, a backup is not what was backed up."},
};

void help_man(struct buf *out)
{
    buf_adds(out, ".TH TELAIO 1 \"\" \"Telaio " TELAIO_VERSION "\" \"User Commands\"\n"
                  ".SH NAME\ntelaio \\- a database server with a web studio inside\n"
                  ".SH SYNOPSIS\n\\fBtelaio\\fR \\fICOMMAND\\fR [\\fIoptions\\fR]\n"
                  ".SH DESCRIPTION\n"
                  "Telaio lets people design tables, edit rows, get a REST API for every table at "
                  "once and change live schemas with a preview and an undo. Results go to standard "
                  "output, everything else to standard error. Options may stand before or after "
                  "the command and its operands. All commands work on the data folder, also beside "
                  "a running server.\n"
                  ".SH OPTIONS OF EVERY COMMAND\n");
    roff_options(options_global, out);
    buf_adds(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < commands_n(); i++) {
        roff_command(commands_at(i), out);
    }
    buf_adds(out, ".SH SETTINGS\nEach is an option of \\fBserve\\fR, a variable of the environment "
                  "(TELAIO_ and the name in capitals, \\- as _) and a member of the settings file. "
                  "The option wins, then the environment, then the file.\n");
    roff_settings(out);
    buf_adds(out, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        buf_printf(out, ".TP\n%d\n%s\n", statuses[i].status, statuses[i].meaning);
    }
}
