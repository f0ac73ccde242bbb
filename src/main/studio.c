#include "main/studio.h"

#include "base/attr.h"

#include "studio_table.inc"

const struct static_files studio_files = {files, ARRAY_LEN(files)};
