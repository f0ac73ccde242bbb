#include "engine/sqlite/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/hash.h"
#include "engine/sqlite/session.h"

struct sqlite_lock {
    struct engine_lock base;
    int fd; /* closing it ends the lock */
};

static enum errcode failed(const char *path, struct error *err)
{
    return ERROR(err, ERR_IO, "\"%s\": %s", path, strerror(errno));
}

/* The lock belongs to the opening, not to the process: two of one process are two. */
static enum errcode take(int fd, struct str name, enum lock_mode mode, const char *path,
                         bool *is_had, struct error *err)
{
    struct flock want = {
        .l_type = mode == LOCK_SHARED ? F_RDLCK : F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = (off_t)(hash64(name) >> 2),
        .l_len = 1,
    };
    *is_had = fcntl(fd, F_OFD_SETLK, &want) == 0;
    return *is_had || errno == EAGAIN || errno == EACCES ? ERR_OK : failed(path, err);
}

enum errcode sqlite_lock(struct engine *e, struct str name, enum lock_mode mode,
                         struct engine_lock **out, struct error *err)
{
    const struct sqlite_engine *engine = (const struct sqlite_engine *)e;
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *path = arena_printf(a, "%s/" ENGINE_LOCK_FILE, engine->settings.folder);
    bool is_had = false;
    *out = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return failed(path, err);
    }
    enum errcode code = take(fd, name, mode, path, &is_had, err);
    if (!is_had) {
        (void)close(fd);
        return code;
    }
    struct sqlite_lock *l = mem_alloc(sizeof *l);
    l->fd = fd;
    *out = &l->base;
    return ERR_OK;
}

bool sqlite_lock_holds(const struct engine_lock *l)
{
    (void)l;
    return true; /* nobody takes it away */
}

void sqlite_unlock(struct engine_lock *l)
{
    struct sqlite_lock *own = (struct sqlite_lock *)l;
    (void)close(own->fd); /* nothing was written */
    mem_free(own);
}
