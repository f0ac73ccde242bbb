#pragma once

#include "app/caller.h"

/**
 * app_sample_create() - fill the caller's tenant with a sample workspace: a small made-up shop with
 * related tables and 5,000 rows and more, the same each time
 *
 * The tables are made by one change like any other (journal, registry, audit). Nothing happens when
 * a table of that name is there already: ERR_CONFLICT.
 */
enum errcode app_sample_create(const struct caller *c, struct error *err) MUST_CHECK;
