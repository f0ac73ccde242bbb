#include "data/format.h"

#include "base/attr.h"

/* To add one: its name in enum format and a row here; the first row of a format is its own. */
static const struct format_row {
    enum format format;
    const char *name;  /* also a file's ending */
    const char *media; /* without parameters */
    const char *content_type;
} rows[] = {
    {FORMAT_CSV, "csv", "text/csv", "text/csv; charset=utf-8"},
    {FORMAT_CSV, "csv", "application/csv", "text/csv; charset=utf-8"},
    {FORMAT_TSV, "tsv", "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"},
    {FORMAT_TSV, "tab", "text/tsv", "text/tab-separated-values; charset=utf-8"},
    {FORMAT_JSON, "json", "application/json", "application/json; charset=utf-8"},
    {FORMAT_NDJSON, "ndjson", "application/x-ndjson", "application/x-ndjson; charset=utf-8"},
    {FORMAT_NDJSON, "jsonl", "application/ndjson", "application/x-ndjson; charset=utf-8"},
    {FORMAT_NDJSON, "jsonl", "application/jsonl", "application/x-ndjson; charset=utf-8"},
};

enum format format_by_name(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (str_eq_nocase(name, str_of(rows[i].name))) {
            return rows[i].format;
        }
    }
    return FORMAT_NONE;
}

enum format format_by_media(struct str media)
{
    struct str bare = {media.p, str_find(media, ';')};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (str_eq_nocase(str_trim(bare), str_of(rows[i].media))) {
            return rows[i].format;
        }
    }
    return FORMAT_NONE;
}

enum format format_by_file(struct str name)
{
    size_t dot = name.n;
    while (dot > 0 && name.p[dot - 1] != '.') {
        dot--;
    }
    return dot > 0 ? format_by_name(str_sub(name, dot)) : FORMAT_NONE;
}

static const struct format_row *row_of(enum format f)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].format == f) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *format_name(enum format f)
{
    const struct format_row *row = row_of(f);
    return row ? row->name : "";
}

const char *format_media(enum format f)
{
    const struct format_row *row = row_of(f);
    return row ? row->content_type : "application/octet-stream";
}
