#include "main/kinds.h"

#include "base/attr.h"

static const struct engine_kind *const items[] = {
    &sqlite_kind,
    &postgres_kind,
    &mariadb_kind,
    &mongodb_kind,
};

const struct engine_kinds main_kinds = {items, ARRAY_LEN(items)};
