#include "data/managed.h"

#include "base/attr.h"

bool table_is_managed(const struct table *t)
{
    if (t->is_foreign) {
        return false;
    }
    const struct column *key = table_single_key(t);
    return key && text_eq(key->name, "id") && key->type.kind == TYPE_UUID &&
           table_find_column(t, STR("created_at")) && table_find_column(t, STR("updated_at"));
}

bool column_is_kept(const struct table *t, const struct column *c)
{
    static const char *const kept[] = {"id", "tenant_id", "created_at", "updated_at", "created_by"};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        if (text_eq(c->name, kept[i])) {
            return table_is_managed(t);
        }
    }
    return false;
}
