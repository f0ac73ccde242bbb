#pragma once

#include "base/error.h"
#include "catalog/table.h"

/*
 * What may be said about a table or a column for people: names, icon, colour. Kept by the registry,
 * shown in pages, so nothing gets in that could be markup or style.
 */

/**
 * attribute_check() - may @value be the attribute @key?
 * @key: "displayName", "description", "icon", "color", "comment"
 *
 * NULL empties; a displayName cannot be empty. Errors: ERR_INVALID, where "/@key".
 */
enum errcode attribute_check(const char *key, const char *value, struct error *err) MUST_CHECK;
/** attributes_check_table() - the attributes of @t and of its columns. */
enum errcode attributes_check_table(const struct table *t, struct error *err) MUST_CHECK;
/** attributes_check_column() - those of one column. */
enum errcode attributes_check_column(const struct column *c, struct error *err) MUST_CHECK;
