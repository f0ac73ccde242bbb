#include "engine/mariadb/session.h"

enum errcode mariadb_inspect(struct session *s, struct catalog **out, struct error *err)
{
    (void)s;
    (void)out;
    return ERROR(err, ERR_UNSUPPORTED, "the structure cannot be read yet");
}

enum errcode mariadb_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                          struct error *err)
{
    (void)e;
    (void)before;
    (void)plan;
    return ERROR(err, ERR_UNSUPPORTED, "the structure cannot be changed yet");
}
