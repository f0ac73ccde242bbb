#include "engine/postgres/postgres_engine.h"

static enum errcode open_engine(const struct engine_options *o, struct engine **out,
                                struct error *err)
{
    (void)o;
    (void)out;
    return ERROR(err, ERR_UNSUPPORTED, "PostgreSQL is not connected yet");
}

static const char *const schemes[] = {"postgres", "postgresql", NULL};

const struct engine_kind postgres_kind = {
    .name = "postgresql",
    .label = "PostgreSQL",
    .schemes = schemes,
    .port = 5432,
    .open = open_engine,
};
