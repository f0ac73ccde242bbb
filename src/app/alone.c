#include "app/alone.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "app/app.h"

enum errcode alone_take(const char *folder, int *lock, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *path = arena_printf(a, "%s/" APP_LOCK_FILE, folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return ERROR(err, ERR_IO, "\"%s\": %s", path, strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        alone_give_back(fd);
        fd = -1;
    }
    *lock = fd;
    return ERR_OK;
}

void alone_give_back(int lock)
{
    if (lock >= 0) {
        (void)close(lock); /* which ends the lock; nothing was written */
    }
}
