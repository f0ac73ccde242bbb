#pragma once

#include "app/tenant_view.h"
#include "base/json.h"

/*
 * The part of the OpenAPI document that a tenant's tables make: a path for each switched-on API
 * that the caller may read, and the schemas of its rows with an example made from the columns'
 * types.
 */

/** openapi_paths() - members of "paths": "/api/custom/contacts": {…}, … */
void openapi_paths(const struct caller *c, const struct tenant_view *v, struct json_writer *w);
/** openapi_schemas() - members of "components/schemas": what a row looks like, and what may be
 *  sent. */
void openapi_schemas(const struct caller *c, const struct tenant_view *v, struct json_writer *w);
