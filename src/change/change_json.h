#pragma once

#include <jansson.h>

#include "base/json.h"
#include "change/change.h"

/*
 * The codec of change lists: [{"op": "CREATE_COLUMN", "table": …, "column": {…}}, …], bodies as in
 * the outside contract. The schema manager's {type, datasource, collection, details} is accepted
 * and means the same. Unknown ops are ERR_INVALID at "/operations/<n>/op".
 */
enum errcode change_list_decode(struct arena *a, const json_t *doc, struct change_list *out,
                                struct error *err) MUST_CHECK;
void change_list_encode(struct json_writer *w, const struct change_list *list);
