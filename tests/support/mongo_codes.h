#pragma once

#include <stdint.h>

/* MongoDB's number and name of an error that DocumentDB reports as a SQLSTATE. */
struct mongo_code {
    const char *sqlstate;
    int32_t code;
    const char *name;
};

/** mongo_code_of() - never NULL: what is not known is 1, InternalError. */
const struct mongo_code *mongo_code_of(const char *sqlstate);

/** mongo_code_unpack() - the five letters that PostgreSQL packs into one number, six bits each;
 *  written to @out. */
void mongo_code_unpack(int32_t packed, char out[6]);
