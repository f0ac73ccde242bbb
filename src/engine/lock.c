#include "engine/lock.h"
#include "base/time.h"
#include "engine/engine.h"
#include "loop/loop.h"

/* Such locks are held for as long as a change runs: nobody notices a few milliseconds. */
#define LOOK_AGAIN_US INT64_C(20000)

/* ---- where no other process is ------------------------------------------------------------- */

enum errcode engine_default_lock(struct engine *e, struct str name, enum lock_mode mode,
                                 struct engine_lock **out, struct error *err)
{
    (void)e;
    (void)name;
    (void)mode;
    (void)err;
    *out = mem_alloc(sizeof **out);
    return ERR_OK;
}

bool engine_default_lock_holds(const struct engine_lock *l)
{
    (void)l;
    return true;
}

void engine_default_unlock(struct engine_lock *l)
{
    mem_free(l);
}

/* ---- what others call ----------------------------------------------------------------------- */

enum errcode engine_lock(struct engine *e, struct str name, enum lock_mode mode,
                         struct engine_lock **out, struct error *err)
{
    struct engine_lock *l = NULL;
    TRY(e->ops->lock(e, name, mode, &l, err));
    if (l && !l->engine) { /* an engine in front of another one hands on the other's */
        l->engine = e;
    }
    *out = l;
    return ERR_OK;
}

enum errcode engine_lock_wait(struct engine *e, struct str name, enum lock_mode mode,
                              int64_t wait_us, struct engine_lock **out, struct error *err)
{
    int64_t end = time_monotonic_us() + wait_us;
    TRY(engine_lock(e, name, mode, out, err));
    while (!*out) {
        if (time_monotonic_us() >= end) {
            return ERROR(err, ERR_BUSY, "another process works on \"%.*s\"", (int)name.n, name.p);
        }
        TRY(loop_sleep(LOOK_AGAIN_US, err));
        TRY(engine_lock(e, name, mode, out, err));
    }
    return ERR_OK;
}

bool engine_lock_holds(const struct engine_lock *l)
{
    return l->engine->ops->lock_holds(l);
}

void engine_unlock(struct engine_lock *l)
{
    if (l) {
        l->engine->ops->unlock(l);
    }
}

void engine_unlockp(struct engine_lock **l)
{
    engine_unlock(*l);
}
