#pragma once

#include "app/caller.h"
#include "base/buf.h"

/** schema_write() - the tables of the caller's tenant as a JSON document, {"tables": [...]}. */
enum errcode schema_write(const struct caller *caller, struct buf *out,
                          struct error *err) MUST_CHECK;
