#include "engine/kind.h"

static bool has_scheme(const struct engine_kind *kind, struct str word)
{
    for (const char *const *s = kind->schemes; s && *s; s++) {
        if (str_eq_nocase(word, str_of(*s))) {
            return true;
        }
    }
    return false;
}

const struct engine_kind *engine_kind_find(const struct engine_kinds *kinds, struct str word)
{
    for (size_t i = 0; i < kinds->n; i++) {
        if (str_is(word, kinds->items[i]->name) || has_scheme(kinds->items[i], word)) {
            return kinds->items[i];
        }
    }
    return NULL;
}
