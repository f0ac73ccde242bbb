#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "change/change.h"

/** sample_changes() - the change list that makes the tables of the sample workspace, in the order
 *  categories, suppliers, products, customers, orders, order lines. */
enum errcode sample_changes(struct arena *a, struct change_list *out, struct error *err) MUST_CHECK;
