#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/**
 * fs_read_file() - *@out = the whole file at @path, in @a, NUL-terminated behind the view
 * @max: bytes allowed
 *
 * Blocks. Errors: ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO.
 */
enum errcode fs_read_file(struct arena *a, const char *path, size_t max, struct str *out,
                          struct error *err) MUST_CHECK;

/**
 * fs_make_folder() - the folder at @path is there, for its owner only (0700); parents are made
 *
 * Blocks. An existing folder is left as it is. Errors: ERR_IO.
 */
enum errcode fs_make_folder(const char *path, struct error *err) MUST_CHECK;

/**
 * fs_replace_file() - the file at @path holds @text: written beside it, synced, renamed over it
 *
 * Readers see the old or the new content, never a half. Mode 0600. Blocks. Errors: ERR_IO,
 * ERR_DISK_FULL.
 */
enum errcode fs_replace_file(const char *path, struct str text, struct error *err) MUST_CHECK;
