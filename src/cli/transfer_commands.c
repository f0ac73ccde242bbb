#include "app/transfer.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/stream.h"

static enum errcode format_of(const struct cli *c, const char *file, enum format otherwise,
                              enum format *out, struct error *err)
{
    const char *name = options_text(&c->options, "format");
    *out = name ? format_by_name(str_of(name)) : file ? format_by_file(str_of(file)) : FORMAT_NONE;
    if (name && *out == FORMAT_NONE) {
        return ERROR(err, ERR_USAGE, "--format \"%s\" is none of csv, tsv, json, ndjson", name);
    }
    *out = *out == FORMAT_NONE ? otherwise : *out;
    return ERR_OK;
}

/* ---- import -------------------------------------------------------------------------------------
 */

struct import_turn {
    struct cli *cli;
    struct progress bar;
};

static bool show_rows(void *arg, int64_t rows, int64_t bytes)
{
    struct import_turn *t = arg;
    AUTO(arena_freep) struct arena *a = arena_new();
    progress_show(&t->bar, bytes, arena_printf(a, "%lld rows", (long long)rows));
    return true;
}

static enum errcode mode_of(const struct cli *c, bool *partial, struct error *err)
{
    const char *mode = options_text(&c->options, "mode");
    *partial = text_eq(mode, "partial");
    if (mode && !*partial && !text_eq(mode, "all-or-nothing")) {
        return ERROR(err, ERR_USAGE, "--mode \"%s\" is neither all-or-nothing nor partial", mode);
    }
    return ERR_OK;
}

static void print_import(struct cli *c, const struct import_result *r)
{
    if (c->json) {
        import_result_encode(r, &c->out);
        buf_addc(&c->out, '\n');
        return;
    }
    buf_printf(&c->out, "%lld rows: %lld inserted, %lld updated, %lld skipped, %lld with errors\n",
               (long long)r->rows, (long long)r->inserted, (long long)r->updated,
               (long long)r->skipped, (long long)r->n_errors);
    for (size_t i = 0; i < r->n_kept; i++) {
        const struct import_error *e = &r->errors[i];
        buf_printf(&c->out, "row %lld%s%s: %s\n", (long long)e->row, e->column ? ", " : "",
                   e->column ? e->column : "", e->message);
    }
}

static enum errcode run_rows(struct cli *c, struct caller *caller, struct import_request *in,
                             const char *file, struct error *err)
{
    struct stream_in source;
    struct import_result result = {0};
    struct import_turn turn = {.cli = c};
    TRY(stream_in_open(&source, c->arena, file, err));
    progress_start(&turn.bar, source.total);
    in->read = stream_in_read;
    in->arg = &source;
    in->progress = show_rows;
    in->progress_arg = &turn;
    enum errcode code = transfer_import(caller, str_of(cli_operand(c, 0)), in, &result, err);
    progress_end(&turn.bar);
    stream_in_close(&source);
    if (code == ERR_OK || result.n_errors) {
        print_import(c, &result);
    }
    return code;
}

static enum errcode import(struct cli *c, struct caller *caller, struct error *err)
{
    const char *file = cli_operand(c, 1);
    struct import_request in = {
        .map = options_text(&c->options, "map"),
        .upsert = options_text(&c->options, "upsert"),
        .dry_run = options_flag(&c->options, "dry-run"),
    };
    TRY(mode_of(c, &in.partial, err));
    TRY(format_of(c, file, FORMAT_NONE, &in.format, err));
    if (in.format == FORMAT_NONE) {
        return ERROR(err, ERR_USAGE, "the ending of \"%s\" does not tell: give --format", file);
    }
    return run_rows(c, caller, &in, file, err);
}

static enum errcode run_import(struct cli *c, struct error *err)
{
    return cli_as_system(c, import, err);
}

/* ---- export -------------------------------------------------------------------------------------
 */

static struct str text_of(const struct cli *c, const char *name)
{
    return str_of(options_text(&c->options, name));
}

static enum errcode export(struct cli *c, struct caller *caller, struct error *err) {
    const char *file = options_text(&c->options, "output"); struct stream_out to;
    struct row_sink sink = {.fn = stream_out_put, .arg = &to};
    struct export_request in =
        {
            .safe_formulas = options_flag(&c->options, "safe-formulas"),
            .params =
                {
                    .filters = text_of(c, "filters"),
                    .search = text_of(c, "search"),
                    .sort = text_of(c, "sort"),
                    .order = text_of(c, "order"),
                    .fields = text_of(c, "fields"),
                    .limit = text_of(c, "limit"),
                },
        };
    TRY(format_of(c, file, FORMAT_CSV, &in.format, err)); TRY(stream_out_open(&to, file, err));
    enum errcode code = transfer_export(caller, str_of(cli_operand(c, 0)), &in, &sink, err);
    struct error late = ERROR_INIT;
    if (stream_out_close(&to, &late) != ERR_OK && code == ERR_OK){code = error_move(err, &late);}
error_release(&late);
return code;
}

static enum errcode run_export(struct cli *c, struct error *err)
{
    return cli_as_system(c, export, err);
}

/* ---- the commands
 * --------------------------------------------------------------------------------- */

static const struct option_row import_options[] = {
    {"format", "FORMAT", "csv, tsv, json or ndjson (default: by the file's ending)", false},
    {"map", "MAP", "names in the file to columns: name=column,... or a JSON object", false},
    {"upsert", "COLUMNS", "columns of a unique key: rows that are there are changed", false},
    {"mode", "MODE", "all-or-nothing (default) or partial: leave out rows with errors", false},
    {"dry-run", NULL, "judge every row and change nothing", false},
    {"source", "NAME", "an attached database (default: the tenant's own tables)", false},
    {0},
};

static const struct option_row export_options[] = {
    {"format", "FORMAT", "csv (default), tsv, json or ndjson", false},
    {"output", "FILE", "a new file (default: standard output)", false},
    {"filters", "JSON", "only these rows: {\"column\": value} or a tree", false},
    {"search", "TEXT", "only rows with this text", false},
    {"sort", "COLUMNS", "in this order: name,-age", false},
    {"order", "asc|desc", "for columns of --sort without a sign", false},
    {"fields", "COLUMNS", "only these columns", false},
    {"limit", "N", "at most so many rows", false},
    {"safe-formulas", NULL, "put a ' before texts that a spreadsheet would run", false},
    {"source", "NAME", "an attached database (default: the tenant's own tables)", false},
    {0},
};

const struct command commands_transfer[] = {
    {
        .name = "import",
        .operands = "TABLE FILE",
        .summary = "Rows of a file into a table",
        .text =
            "FILE \"-\" is standard input. An empty field is the column's default or NULL; \"\" "
            "in quotes is the empty text.",
        .example = "import custom_airports airports.csv --upsert code",
        .options = import_options,
        .folder = FOLDER_EXISTING,
        .run = run_import,
    },
    {
        .name = "export",
        .operands = "TABLE",
        .summary = "Rows of a table into a file or to standard output",
        .example = "export custom_airports --format ndjson --filters '{\"country\":\"IT\"}'",
        .options = export_options,
        .folder = FOLDER_EXISTING,
        .run = run_export,
    },
    {0},
};
