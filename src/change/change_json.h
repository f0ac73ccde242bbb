#pragma once

#include <jansson.h>

#include "base/json.h"
#include "change/change.h"

/*
 * The codec of change lists: [{"op": "CREATE_COLUMN", "table": …, "column": {…}}, …], bodies as in
 * the outside contract. The schema manager's {type, datasource, collection, details} is accepted
 * and means the same. Errors carry where, "/operations/<n>/…"; an unknown op is ERR_INVALID.
 */

/**
 * change_list_decode() - a list from outside: a request body or a migration file
 *
 * Refuses what only the journal may say (where rows are kept, trigger texts, the engine's own
 * texts, RESTORE_TABLE), since those go into statements as they are.
 */
enum errcode change_list_decode(struct arena *a, const json_t *doc, struct change_list *out,
                                struct error *err) MUST_CHECK;
/** change_list_decode_stored() - everything that change_list_encode() writes; for the journal. */
enum errcode change_list_decode_stored(struct arena *a, const json_t *doc, struct change_list *out,
                                       struct error *err) MUST_CHECK;
void change_list_encode(struct json_writer *w, const struct change_list *list);
/** change_encode() - one operation. */
void change_encode(struct json_writer *w, const struct change *c);
