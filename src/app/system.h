#pragma once

#include <stddef.h>

#include "app/settings.h"
#include "base/arena.h"
#include "base/error.h"
#include "engine/engine.h"
#include "migrate/files.h"

/*
 * Migrations of Telaio's own tables, by hand. The store is opened as it is: opening the application
 * would bring it up at once.
 */

/** system_status() - every file, in order; in @a. Errors: ERR_NOT_FOUND without an installation. */
enum errcode system_status(struct engine *engine, const struct settings *settings, struct arena *a,
                           struct migration_status **out, size_t *n, struct error *err) MUST_CHECK;
/** system_up() - apply what is missing up to number @to (-1 = all); *@n how many. Errors: as
 *  system_status(), ERR_BUSY while a server or another command works on it, those of
 *  migrate_files_up(). */
enum errcode system_up(struct engine *engine, const struct settings *settings, int to, size_t *n,
                       struct error *err) MUST_CHECK;
/** system_down() - take back every file with a number above @to; -1 = the newest alone. The base
 *  tables (number 0) stay. Errors: as system_up(). */
enum errcode system_down(struct engine *engine, const struct settings *settings, int to, size_t *n,
                         struct error *err) MUST_CHECK;
