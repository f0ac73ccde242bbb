#include "cli/schema_json.h"

#include "app/tables.h"
#include "catalog/table_json.h"

enum errcode schema_write(const struct caller *caller, struct buf *out, struct error *err)
{
    const struct catalog *catalog = NULL;
    struct json_writer w;
    TRY(app_schema(caller, &catalog, err));
    jsonw_init(&w, out);
    catalog_encode(&w, catalog);
    buf_addc(out, '\n');
    return ERR_OK;
}
