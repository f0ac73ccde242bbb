#pragma once

#include "store/registry.h"

/* Inside of the room: what the registry knows about tables and columns, put onto catalog nouns. */

/** present_table() - names, icon, rules, … of @row onto @t; texts in @a. */
enum errcode present_table(struct arena *a, const struct registry_table *row, struct table *t,
                           struct error *err) MUST_CHECK;
/** present_column() - the presentation of @from onto @to. */
void present_column(struct arena *a, const struct column *from, struct column *to);
/** present_order() - the names of the columns in the order in which they are shown. */
enum errcode present_order(struct arena *a, const struct registry_table *row, const char ***out,
                           size_t *n, struct error *err) MUST_CHECK;
