#pragma once

#include "cli/command.h"

/** tenant_export() - the command "tenant export SLUG": schema.json and TABLE.ndjson for each table
 *  in a new folder, which appears whole or not at all. */
enum errcode tenant_export(struct cli *c, struct error *err) MUST_CHECK;
