#pragma once

#include "base/error.h"
#include "catalog/catalog.h"
#include "engine/postgres/conn.h"

/**
 * pg_inspect() - everything in @schema, as the open transaction of @c sees it
 *
 * A handful of questions to the server's catalogs whatever the number of tables. The search_path
 * must have @schema first: names of its types are then printed without it. Left out: what
 * extensions brought, partitions (internal: their rows are their parent's), the column that stands
 * in for a primary key, indexes that are not valid.
 */
enum errcode pg_inspect(struct pg_conn *c, const char *schema, struct catalog **out,
                        struct error *err) MUST_CHECK;
