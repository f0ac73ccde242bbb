#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

/*
 * What is in a folder, and whole files on their way from one to another. All verbs block. Errors
 * that all have besides those named: ERR_FORBIDDEN when the system does not let us.
 */
struct folder_entry {
    const char *path;        /* relative to the folder, "tenants/main.db" */
    bool is_folder, is_file; /* neither: a link, a socket, … */
    unsigned mode;           /* permission bits */
    unsigned owner;          /* user id */
    int64_t n_bytes;
};

/**
 * folder_list() - everything below @folder, links not followed, in byte order of the paths
 *
 * A file that goes while it is looked at is left out. Errors: ERR_NOT_FOUND, ERR_IO.
 */
enum errcode folder_list(struct arena *a, const char *folder, struct folder_entry **out, size_t *n,
                         struct error *err) MUST_CHECK;

/** folder_look() - the entry for @folder itself, with path "". Errors: ERR_NOT_FOUND, ERR_IO. */
enum errcode folder_look(const char *folder, struct folder_entry *out,
                         struct error *err) MUST_CHECK;

/** folder_is_free() - nothing is at @path, or an empty folder. */
bool folder_is_free(const char *path);

/** folder_holds() - @path, which is there, is @folder itself or somewhere below it. */
bool folder_holds(const char *folder, const char *path);

/** folder_remove() - @folder and all below it. Errors: ERR_IO; not being there is none. */
enum errcode folder_remove(const char *folder, struct error *err) MUST_CHECK;

/** folder_rename() - @from becomes @to, which must be free (folder_is_free); durable on return.
 *  Errors: ERR_CONFLICT, ERR_IO. */
enum errcode folder_rename(const char *from, const char *to, struct error *err) MUST_CHECK;

struct file_sum {
    char sha256[SHA256_HEX + 1];
    int64_t n_bytes;
};

/** file_sum() - size and hash of the file at @path. Errors: ERR_NOT_FOUND, ERR_IO. */
enum errcode file_sum(const char *path, struct file_sum *out, struct error *err) MUST_CHECK;

/** file_copy() - a new file at @to (0600, its folder is there) with what @from holds, synced; *@sum
 *  is of the bytes copied, may be NULL. Errors: ERR_NOT_FOUND, ERR_CONFLICT when @to is there,
 *  ERR_IO, ERR_DISK_FULL. */
enum errcode file_copy(const char *from, const char *to, struct file_sum *sum,
                       struct error *err) MUST_CHECK;
