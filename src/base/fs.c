#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

static enum errcode raise_errno(struct error *err, const char *verb, const char *path)
{
    enum errcode code = errno == ENOENT                      ? ERR_NOT_FOUND
                        : errno == ENOSPC || errno == EDQUOT ? ERR_DISK_FULL
                                                             : ERR_IO;
    return ERROR(err, code, "cannot %s \"%s\": %s", verb, path, strerror(errno));
}

enum errcode fs_read_file(struct arena *a, const char *path, size_t max, struct str *out,
                          struct error *err)
{
    AUTO(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        return raise_errno(err, "read", path);
    }
    if (st.st_size < 0 || (uint64_t)st.st_size > max) {
        return ERROR(err, ERR_TOO_LARGE, "\"%s\" is larger than %zu bytes", path, max);
    }
    size_t size = (size_t)st.st_size, n = 0;
    char *p = arena_alloc(a, size + 1);
    while (n < size) {
        ssize_t got = read(fd, p + n, size - n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return raise_errno(err, "read", path);
        }
        if (got == 0) {
            break;
        }
        n += (size_t)got;
    }
    *out = (struct str){p, n};
    return ERR_OK;
}

static enum errcode make_one(const char *path, struct error *err)
{
    struct stat st;
    if (mkdir(path, 0700) == 0) {
        return ERR_OK;
    }
    if (errno != EEXIST) {
        return raise_errno(err, "make", path);
    }
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return ERROR(err, ERR_IO, "cannot make \"%s\": a file is there", path);
    }
    return ERR_OK;
}

enum errcode fs_make_folder(const char *path, struct error *err)
{
    char parent[4096];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof parent) {
        return ERROR(err, ERR_IO, "the folder name has %zu bytes", n);
    }
    memcpy(parent, path, n + 1);
    for (size_t i = 1; i < n; i++) {
        if (parent[i] != '/') {
            continue;
        }
        parent[i] = '\0';
        TRY(make_one(parent, err));
        parent[i] = '/';
    }
    return make_one(path, err);
}

static enum errcode write_all(int fd, struct str text, const char *path, struct error *err)
{
    while (text.n > 0) {
        ssize_t put = write(fd, text.p, text.n);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return raise_errno(err, "write", path);
        }
        text = str_sub(text, (size_t)put);
    }
    if (fsync(fd) != 0) {
        return raise_errno(err, "write", path);
    }
    return ERR_OK;
}

/* The new name is durable only when the folder is. */
static enum errcode sync_folder(const char *path, struct error *err)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + (slash == path) : 0;
    memcpy(folder, n ? path : ".", n ? n : 1);
    folder[n ? n : 1] = '\0';
    AUTO(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        return raise_errno(err, "sync", folder);
    }
    return ERR_OK;
}

enum errcode fs_replace_file(const char *path, struct str text, struct error *err)
{
    char beside[4096];
    int n = snprintf(beside, sizeof beside, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof beside) {
        return ERROR(err, ERR_IO, "the file name is too long");
    }
    AUTO(close_fd) int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return raise_errno(err, "write", beside);
    }
    enum errcode code = write_all(fd, text, beside, err);
    if (code == ERR_OK && rename(beside, path) != 0) {
        code = raise_errno(err, "write", path);
    }
    if (code != ERR_OK) {
        unlink(beside);
        return code;
    }
    return sync_folder(path, err);
}
