#include "engine/mariadb/mariadb_engine.h"

static enum errcode open_engine(const struct engine_options *o, struct engine **out,
                                struct error *err)
{
    (void)o;
    (void)out;
    return ERROR(err, ERR_UNSUPPORTED, "MariaDB is not connected yet");
}

static const char *const schemes[] = {"mariadb", "mysql", NULL};

const struct engine_kind mariadb_kind = {
    .name = "mariadb",
    .label = "MariaDB",
    .schemes = schemes,
    .port = 3306,
    .open = open_engine,
};
