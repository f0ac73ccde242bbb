#include "engine/mongodb/mongodb_engine.h"

static enum errcode open_engine(const struct engine_options *o, struct engine **out,
                                struct error *err)
{
    (void)o;
    (void)out;
    return ERROR(err, ERR_UNSUPPORTED, "MongoDB is not connected yet");
}

static const char *const schemes[] = {"mongodb", "mongodb+srv", NULL};

const struct engine_kind mongodb_kind = {
    .name = "mongodb",
    .label = "MongoDB",
    .schemes = schemes,
    .port = 27017,
    .open = open_engine,
};
