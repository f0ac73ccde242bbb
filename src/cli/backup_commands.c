#include "app/backup.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/stream.h"

static const char *const keys[] = {"folder", "createdAt", "version", "files", "bytes", NULL};

static void print(struct cli *c, const char *folder, const struct backup_manifest *m)
{
    struct grid g;
    int64_t n_bytes = 0;
    for (size_t i = 0; i < m->n_files; i++) {
        n_bytes += m->files[i].n_bytes;
    }
    grid_init(&g, c->arena, keys);
    grid_row(&g, (struct cell[]){cell_text(folder), cell_time(m->created_at), cell_text(m->version),
                                 cell_int((int64_t)m->n_files), cell_bytes(n_bytes)});
    grid_print_one(&g, c->json, &c->out);
}

static void show(void *arg, const char *path, size_t n_done, size_t n_total)
{
    struct progress *bar = arg;
    bar->total = (int64_t)n_total;
    progress_show(bar, (int64_t)n_done, path);
}

/* ---- backup
 * --------------------------------------------------------------------------------------- */

struct making {
    struct cli *cli;
    struct progress bar;
    struct backup_manifest manifest;
};

static enum errcode make(struct engine *engine, const struct settings *settings, void *arg,
                         struct error *err)
{
    struct making *m = arg;
    struct backup_watch watch = {.fn = show, .arg = &m->bar};
    return backup_make(engine, settings, m->cli->arena, cli_operand(m->cli, 0), watch, &m->manifest,
                       err);
}

static enum errcode run_backup(struct cli *c, struct error *err)
{
    struct making m = {.cli = c};
    progress_start(&m.bar, 0);
    enum errcode code = c->host->with_engine(&c->settings, make, &m, err);
    progress_end(&m.bar);
    TRY(code);
    print(c, cli_operand(c, 0), &m.manifest);
    return ERR_OK;
}

/* ---- restore
 * -------------------------------------------------------------------------------------- */

static enum errcode run_restore(struct cli *c, struct error *err)
{
    struct progress bar;
    struct backup_manifest manifest;
    struct backup_watch watch = {.fn = show, .arg = &bar};
    const char *from = cli_operand(c, 0), *into = c->settings.text[SETTING_DATA];
    bool is_check = options_flag(&c->options, "check");
    if (!is_check && !text_eq(c->settings.text[SETTING_STORE], "sqlite:")) {
        ERROR(err, ERR_UNSUPPORTED, "a backup is restored into a data folder, not into a server");
        return error_hint(err, "without --store, or with the tool of the database");
    }
    progress_start(&bar, 0);
    enum errcode code = is_check ? backup_read(c->arena, from, watch, &manifest, err)
                                 : backup_restore(c->arena, from, into, watch, &manifest, err);
    progress_end(&bar);
    TRY(code);
    print(c, is_check ? from : into, &manifest);
    return ERR_OK;
}

static const struct option_row restore_options[] = {
    {"check", NULL, "only compare the backup with its manifest", false},
    {0},
};

const struct command commands_backup[] = {
    {
        .name = "backup",
        .operands = "FOLDER",
        .summary = "Copy the whole installation into a new folder",
        .text = "Works while a server writes. The folder appears whole or not at all; its manifest "
                "has size and SHA-256 of every file.",
        .example = "backup /backups/2026-01-31 --data /var/lib/telaio",
        .folder = FOLDER_EXISTING,
        .run = run_backup,
    },
    {
        .name = "restore",
        .operands = "FOLDER",
        .summary = "Make a data folder from a backup",
        .text = "Every file is compared with the manifest first. The data folder must not be there "
                "or be empty.",
        .example = "restore /backups/2026-01-31 --data /var/lib/telaio",
        .options = restore_options,
        .folder = FOLDER_ANY,
        .run = run_restore,
    },
    {0},
};
