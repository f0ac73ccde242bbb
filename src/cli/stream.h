#pragma once

#include "app/transfer.h"
#include "cli/command.h"

/* Files under the hands of import and export. */

/* Bytes on their way into a descriptor, in pieces of a decent size. */
struct stream_out {
    int fd;
    struct buf piece;
    int64_t n_bytes;
};

/** stream_out_open() - a new file at @path (0600); "-" or NULL is standard output. Errors:
 * ERR_CONFLICT when it is there, ERR_IO. */
enum errcode stream_out_open(struct stream_out *s, const char *path, struct error *err) MUST_CHECK;
/** stream_out_put() - for struct row_sink and the like. */
enum errcode stream_out_put(void *arg, const void *p, size_t n, struct error *err) MUST_CHECK;
/** stream_out_close() - the rest is written (and synced, into a file); call once, also after a
 *  failure. */
enum errcode stream_out_close(struct stream_out *s, struct error *err) MUST_CHECK;

/* Bytes from a descriptor. */
struct stream_in {
    int fd;
    char *piece;
    int64_t total; /* bytes of the file, 0 = unknown */
};

/** stream_in_open() - the file at @path; "-" is standard input. Errors: ERR_NOT_FOUND,
 *  ERR_FORBIDDEN, ERR_IO. */
enum errcode stream_in_open(struct stream_in *s, struct arena *a, const char *path,
                            struct error *err) MUST_CHECK;
/** stream_in_read() - for struct import_request. */
enum errcode stream_in_read(void *arg, struct str *piece, struct error *err) MUST_CHECK;
void stream_in_close(struct stream_in *s);

/* A bar on the terminal; nothing when standard error is none. */
struct progress {
    bool is_shown;
    int64_t shown_at; /* monotonic */
    int64_t total;
};

void progress_start(struct progress *p, int64_t total);
/** progress_show() - @done of the total, @what behind the bar; drawn ten times a second at most. */
void progress_show(struct progress *p, int64_t done, const char *what);
/** progress_end() - the line is clear again. */
void progress_end(struct progress *p);
