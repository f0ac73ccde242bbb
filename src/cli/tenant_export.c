#include "cli/tenant_export.h"

#include "app/tables.h"
#include "app/transfer.h"
#include "base/folder.h"
#include "base/fs.h"
#include "cli/output.h"
#include "cli/schema_json.h"
#include "cli/stream.h"

struct export_turn {
    struct cli *cli;
    const char *folder;
    struct grid grid; /* what was written */
    struct progress bar;
};

static const char *const keys[] = {"table", "file", "bytes", NULL};

static enum errcode write_table(struct export_turn *t, struct caller *caller, const char *table,
                                struct error *err)
{
    struct stream_out to;
    struct row_sink sink = {.fn = stream_out_put, .arg = &to};
    struct export_request in = {.format = FORMAT_NDJSON};
    const char *name = arena_printf(t->cli->arena, "%s.ndjson", table);
    TRY(stream_out_open(&to, arena_printf(t->cli->arena, "%s/%s", t->folder, name), err));
    enum errcode code = transfer_export(caller, str_of(table), &in, &sink, err);
    struct error late = ERROR_INIT;
    if (stream_out_close(&to, &late) != ERR_OK && code == ERR_OK) {
        code = error_move(err, &late);
    }
    error_release(&late);
    TRY(code);
    grid_row(&t->grid, (struct cell[]){cell_text(table), cell_text(name), cell_bytes(to.n_bytes)});
    return ERR_OK;
}

static enum errcode write_schema(struct export_turn *t, const struct caller *caller,
                                 struct error *err)
{
    struct buf text;
    buf_init(&text, BUF_MAX_DEFAULT);
    enum errcode code = schema_write(caller, &text, err);
    if (code == ERR_OK) {
        code = fs_replace_file(arena_printf(t->cli->arena, "%s/schema.json", t->folder),
                               buf_str(&text), err);
    }
    buf_release(&text);
    return code;
}

static enum errcode write_all(struct export_turn *t, struct caller *caller, struct error *err)
{
    struct app_table *tables = NULL;
    size_t n = 0;
    TRY(fs_make_folder(t->folder, err));
    TRY(write_schema(t, caller, err));
    TRY(app_tables_list(caller, &tables, &n, err));
    progress_start(&t->bar, (int64_t)n);
    enum errcode code = ERR_OK;
    for (size_t i = 0; i < n && code == ERR_OK; i++) {
        progress_show(&t->bar, (int64_t)i, tables[i].table->name);
        code = write_table(t, caller, tables[i].table->name, err);
    }
    progress_end(&t->bar);
    return code;
}

static enum errcode write_turn(struct app *app, void *arg, struct error *err)
{
    struct export_turn *t = arg;
    struct caller caller;
    TRY(caller_system(app, t->cli->arena, cli_operand(t->cli, 0), &caller, err));
    return write_all(t, &caller, err);
}

static void discard(const char *folder)
{
    struct error ignored = ERROR_INIT;
    enum errcode code = folder_remove(folder, &ignored);
    (void)code; /* the failure that led here is the one to tell */
    error_release(&ignored);
}

enum errcode tenant_export(struct cli *c, struct error *err)
{
    const char *into = options_text(&c->options, "output");
    if (!into) {
        into = arena_printf(c->arena, "%s-export", cli_operand(c, 0));
    }
    if (!folder_is_free(into)) {
        return ERROR(err, ERR_CONFLICT, "\"%s\" is there already", into);
    }
    struct export_turn t = {.cli = c, .folder = arena_printf(c->arena, "%s.partial", into)};
    grid_init(&t.grid, c->arena, keys);
    enum errcode code = c->host->with_app(&c->settings, write_turn, &t, err);
    if (code == ERR_OK) {
        code = folder_rename(t.folder, into, err);
    }
    if (code != ERR_OK) {
        discard(t.folder);
        return code;
    }
    grid_print(&t.grid, c->json, &c->out);
    return ERR_OK;
}
