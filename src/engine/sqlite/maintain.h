#pragma once

#include "engine/engine.h"

enum errcode sqlite_backup(struct engine *e, struct str ns, const char *path, struct error *err);
enum errcode sqlite_verify(struct engine *e, struct str ns, struct buf *report, bool *sound,
                           struct error *err);
