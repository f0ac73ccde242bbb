#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/settings.h"
#include "base/arena.h"
#include "base/error.h"
#include "engine/engine.h"

/*
 * Backup and restore of a whole installation. A backup is a folder that looks like a data folder,
 * with a manifest of what it holds: it can be copied, packed and moved like any other. It is made
 * while others write. Each file in it is one snapshot; the store is copied last, so that whoever a
 * row names is known, and all is copied again when a schema change came in between, so that the
 * registry equals the tables.
 */
#define BACKUP_MANIFEST "manifest.json"
#define BACKUP_FORMAT   1

struct backup_file {
    const char *path;      /* in the backup and in the data folder */
    const char *namespace; /* NULL: a plain file */
    const char *sha256;
    int64_t n_bytes;
};

struct backup_manifest {
    int64_t format;
    const char *version;   /* of the program that made it */
    const char *migration; /* the newest of the store's that is applied in it */
    int64_t created_at;
    struct backup_file *files;
    size_t n_files;
};

/* Told after each file; may be NULL. */
typedef void backup_progress_fn(void *arg, const char *path, size_t n_done, size_t n_total);

struct backup_watch {
    backup_progress_fn *fn;
    void *arg;
};

/**
 * backup_make() - a backup of the installation on @engine in the new folder @into
 * @out: texts in @a
 *
 * @into appears whole or not at all. Errors: ERR_CONFLICT when something is at @into, ERR_INVALID
 * when it lies inside the data folder, ERR_NOT_FOUND when there is no installation, ERR_BUSY when
 * schema changes never paused, ERR_IO, ERR_DISK_FULL, those of engine_backup().
 */
enum errcode backup_make(struct engine *engine, const struct settings *settings, struct arena *a,
                         const char *into, struct backup_watch watch, struct backup_manifest *out,
                         struct error *err) MUST_CHECK;

/**
 * backup_read() - the manifest of the backup in @from, every file compared with it
 *
 * Blocks. Errors: ERR_NOT_FOUND when it is no backup, ERR_CORRUPT when a file is missing, changed
 * or too many (detail names it), ERR_UNSUPPORTED when a newer program made it.
 */
enum errcode backup_read(struct arena *a, const char *from, struct backup_watch watch,
                         struct backup_manifest *out, struct error *err) MUST_CHECK;

/**
 * backup_restore() - the backup in @from becomes the data folder @into
 *
 * @into must not be there or be empty; nothing is left of it after an error. Blocks. Errors: those
 * of backup_read(), ERR_CONFLICT, ERR_IO, ERR_DISK_FULL.
 */
enum errcode backup_restore(struct arena *a, const char *from, const char *into,
                            struct backup_watch watch, struct backup_manifest *out,
                            struct error *err) MUST_CHECK;
