#pragma once

#include <stdbool.h>

/** sqlite_has_wal() - a WAL file lies beside the database file @path. */
bool sqlite_has_wal(const char *path);
/**
 * sqlite_tidy() - remove the WAL files beside @path that reading alone has made
 *
 * Only a connection that may write takes them away when it is the last one; where others have the
 * file open, or the folder cannot be written, everything stays. Blocks.
 */
void sqlite_tidy(const char *path, const char *vfs);
