/* Type text: whatever parses must read back from its logical text as the same type. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "catalog/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct type t = {0};
    struct type back = {0};
    const char *text = arena_strndup(a, (const char *)data, size);
    if (type_parse(a, text, &t, NULL) != ERR_OK || t.kind == TYPE_NATIVE) {
        return 0;
    }
    BUG_ON(type_parse(a, type_logical_text(a, &t), &back, NULL) != ERR_OK);
    BUG_ON(!type_equal(&t, &back));
    return 0;
}
