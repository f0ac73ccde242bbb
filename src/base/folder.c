#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define PIECE      ((size_t)64 << 10)
#define DEPTH_MOST 32

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

static void close_folder(DIR **d)
{
    if (*d) {
        closedir(*d);
    }
}

static enum errcode raise_errno(struct error *err, const char *verb, const char *path)
{
    enum errcode code = errno == ENOENT                         ? ERR_NOT_FOUND
                        : errno == EEXIST || errno == ENOTEMPTY ? ERR_CONFLICT
                        : errno == EACCES || errno == EPERM     ? ERR_FORBIDDEN
                        : errno == ENOSPC || errno == EDQUOT    ? ERR_DISK_FULL
                                                                : ERR_IO;
    return ERROR(err, code, "cannot %s \"%s\": %s", verb, path, strerror(errno));
}

static struct folder_entry entry_of(const char *path, const struct stat *st)
{
    return (struct folder_entry){
        .path = path,
        .is_folder = S_ISDIR(st->st_mode),
        .is_file = S_ISREG(st->st_mode),
        .mode = (unsigned)st->st_mode & 07777,
        .owner = st->st_uid,
        .n_bytes = (int64_t)st->st_size,
    };
}

struct walk {
    struct arena *arena;
    struct folder_entry *entries;
    size_t n;
};

static enum errcode walk(struct walk *w, const char *folder, const char *prefix, int depth,
                         struct error *err)
{
    if (depth > DEPTH_MOST) {
        return ERROR(err, ERR_IO, "\"%s\" nests deeper than %d folders", folder, DEPTH_MOST);
    }
    AUTO(close_folder) DIR *d = opendir(folder);
    if (!d) {
        return raise_errno(err, "read folder", folder);
    }
    for (;;) {
        errno = 0;
        const struct dirent *item = readdir(d);
        if (!item) {
            return errno ? raise_errno(err, "read folder", folder) : ERR_OK;
        }
        if (text_eq(item->d_name, ".") || text_eq(item->d_name, "..")) {
            continue;
        }
        struct stat st;
        const char *path = arena_printf(w->arena, "%s%s", prefix, item->d_name);
        if (fstatat(dirfd(d), item->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) {
                continue;
            }
            return raise_errno(err, "look at", path);
        }
        struct folder_entry entry = entry_of(path, &st);
        ARENA_PUSH(w->arena, w->entries, w->n, entry);
        if (entry.is_folder) {
            TRY(walk(w, arena_printf(w->arena, "%s/%s", folder, item->d_name),
                     arena_printf(w->arena, "%s/", path), depth + 1, err));
        }
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct folder_entry *)a)->path, ((const struct folder_entry *)b)->path);
}

enum errcode folder_list(struct arena *a, const char *folder, struct folder_entry **out, size_t *n,
                         struct error *err)
{
    struct walk w = {.arena = a};
    TRY(walk(&w, folder, "", 0, err));
    if (w.n) {
        qsort(w.entries, w.n, sizeof *w.entries, by_path);
    }
    *out = w.entries;
    *n = w.n;
    return ERR_OK;
}

enum errcode folder_look(const char *folder, struct folder_entry *out, struct error *err)
{
    struct stat st;
    if (stat(folder, &st) != 0) {
        return raise_errno(err, "look at", folder);
    }
    if (!S_ISDIR(st.st_mode)) {
        return ERROR(err, ERR_NOT_FOUND, "\"%s\" is not a folder", folder);
    }
    *out = entry_of("", &st);
    return ERR_OK;
}

bool folder_is_free(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return errno == ENOENT;
    }
    AUTO(close_folder) DIR *d = opendir(path);
    if (!d) {
        return false;
    }
    for (const struct dirent *item; (item = readdir(d)) != NULL;) {
        if (!text_eq(item->d_name, ".") && !text_eq(item->d_name, "..")) {
            return false;
        }
    }
    return true;
}

bool folder_holds(const char *folder, const char *path)
{
    char *outer = realpath(folder, NULL);
    char *inner = realpath(path, NULL);
    bool inside = false;
    if (inner && outer) {
        struct str in = str_of(inner), out = str_of(outer);
        inside = str_starts(in, out) && (in.n == out.n || in.p[out.n] == '/' || out.n == 1);
    }
    free(inner);
    free(outer);
    return inside;
}

enum errcode folder_remove(const char *folder, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct folder_entry *entries = NULL;
    size_t n = 0;
    struct stat st;
    if (lstat(folder, &st) != 0 && errno == ENOENT) {
        return ERR_OK;
    }
    TRY(folder_list(a, folder, &entries, &n, err));
    while (n-- > 0) { /* in reverse order a folder comes behind what is in it */
        const char *path = arena_printf(a, "%s/%s", folder, entries[n].path);
        int rc = entries[n].is_folder ? rmdir(path) : unlink(path);
        if (rc != 0 && errno != ENOENT) {
            return raise_errno(err, "remove", path);
        }
    }
    return rmdir(folder) == 0 ? ERR_OK : raise_errno(err, "remove", folder);
}

/* The new name is durable only when the folder around it is. */
static enum errcode sync_around(const char *path, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *slash = strrchr(path, '/');
    const char *folder = !slash          ? "."
                         : slash == path ? "/"
                                         : arena_strndup(a, path, (size_t)(slash - path));
    AUTO(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        return raise_errno(err, "sync", folder);
    }
    return ERR_OK;
}

enum errcode folder_rename(const char *from, const char *to, struct error *err)
{
    /* rename(2) replaces an empty folder and refuses a full one */
    if (rename(from, to) != 0) {
        return raise_errno(err, "make", to);
    }
    return sync_around(to, err);
}

static enum errcode read_piece(int fd, char *piece, size_t *n, const char *path, struct error *err)
{
    for (;;) {
        ssize_t got = read(fd, piece, PIECE);
        if (got >= 0) {
            *n = (size_t)got;
            return ERR_OK;
        }
        if (errno != EINTR) {
            return raise_errno(err, "read", path);
        }
    }
}

static enum errcode write_piece(int fd, const char *piece, size_t n, const char *path,
                                struct error *err)
{
    while (n > 0) {
        ssize_t put = write(fd, piece, n);
        if (put < 0 && errno != EINTR) {
            return raise_errno(err, "write", path);
        }
        if (put > 0) {
            piece += put;
            n -= (size_t)put;
        }
    }
    return ERR_OK;
}

/* Reads @from to its end into the sum and, unless it is -1, into @to. */
static enum errcode pump(int from, const char *from_path, int to, const char *to_path,
                         struct file_sum *sum, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    char *piece = arena_alloc(a, PIECE);
    struct sha256 h;
    unsigned char digest[SHA256_BYTES];
    sha256_init(&h);
    for (;;) {
        size_t n = 0;
        TRY(read_piece(from, piece, &n, from_path, err));
        if (n == 0) {
            break;
        }
        sha256_add(&h, piece, n);
        sum->n_bytes += (int64_t)n;
        if (to >= 0) {
            TRY(write_piece(to, piece, n, to_path, err));
        }
    }
    sha256_end(&h, digest);
    hex_encode(sum->sha256, digest, SHA256_BYTES);
    sum->sha256[SHA256_HEX] = '\0';
    return ERR_OK;
}

enum errcode file_sum(const char *path, struct file_sum *out, struct error *err)
{
    AUTO(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return raise_errno(err, "read", path);
    }
    struct file_sum sum = {0};
    TRY(pump(fd, path, -1, NULL, &sum, err));
    *out = sum;
    return ERR_OK;
}

enum errcode file_copy(const char *from, const char *to, struct file_sum *sum, struct error *err)
{
    AUTO(close_fd) int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return raise_errno(err, "read", from);
    }
    AUTO(close_fd) int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0) {
        return raise_errno(err, "write", to);
    }
    struct file_sum own = {0};
    enum errcode code = pump(in, from, out, to, &own, err);
    if (code == ERR_OK && fsync(out) != 0) {
        code = raise_errno(err, "write", to);
    }
    if (code == ERR_OK) {
        code = sync_around(to, err);
    }
    if (code != ERR_OK) {
        unlink(to);
        return code;
    }
    if (sum) {
        *sum = own;
    }
    return ERR_OK;
}
