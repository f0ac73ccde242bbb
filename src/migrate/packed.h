#pragma once

#include "migrate/files.h"

/* Made at build time by tools/pack-migrations. */
extern const struct migration_file journal_files[];
extern const size_t journal_files_n;
extern const struct migration_file store_files[];
extern const size_t store_files_n;
