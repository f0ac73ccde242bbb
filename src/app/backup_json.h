#pragma once

#include <jansson.h>

#include "app/backup.h"
#include "base/json.h"

/** backup_manifest_write() - @m as a JSON object. */
void backup_manifest_write(struct json_writer *w, const struct backup_manifest *m);
/** backup_manifest_parse() - the reverse; texts in @a. Errors: ERR_CORRUPT (also for a path that
 *  leaves the folder), ERR_UNSUPPORTED for a newer format. */
enum errcode backup_manifest_parse(struct arena *a, struct str text, struct backup_manifest *out,
                                   struct error *err) MUST_CHECK;
