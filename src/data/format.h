#pragma once

#include "base/str.h"

/* How rows stand in a file. */
enum format {
    FORMAT_NONE = 0,
    FORMAT_CSV,
    FORMAT_TSV,
    FORMAT_JSON,   /* one array of objects */
    FORMAT_NDJSON, /* an object a line */
    FORMAT_N
};

/** format_by_name() - "csv", "tsv", "json", "ndjson"; FORMAT_NONE for others. */
enum format format_by_name(struct str name);
/** format_by_media() - of a media type, parameters are passed over; FORMAT_NONE for others. */
enum format format_by_media(struct str media);
/** format_by_file() - by the ending of a file's name; FORMAT_NONE for others. */
enum format format_by_file(struct str name);
const char *format_name(enum format f);
/** format_media() - with charset, for Content-Type. */
const char *format_media(enum format f);
