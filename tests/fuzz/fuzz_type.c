/* Type text: whatever parses must read back from its logical text as the same type, and a copy of
 * it must be the same type and be told apart from a type that has one part more. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "catalog/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_copy(struct arena *a, struct type t)
{
    static const char *const labels[] = {"small", "large"};
    struct type copy = type_copy(a, &t);
    BUG_ON(!type_equal(&t, &copy));
    BUG_ON(!text_eq(type_wire_name(&t), type_wire_name(&copy)));
    BUG_ON(type_is_integer(&t) && !type_is_number(&t));
    BUG_ON(type_is_number(&t) != (type_number_kind(&t) != NULL));
    BUG_ON(type_is_text(&t) && type_is_number(&t));
    if (t.kind == TYPE_ENUM) {
        t.values = labels;
        t.n_values = ARRAY_LEN(labels);
        BUG_ON(type_equal(&t, &copy));
        copy = type_copy(a, &t);
        BUG_ON(!type_equal(&t, &copy));
        copy.n_values--;
        BUG_ON(type_equal(&t, &copy));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct type t = {0};
    struct type back = {0};
    const char *text = arena_strndup(a, (const char *)data, size);
    if (type_parse(a, text, &t, NULL) != ERR_OK) {
        return 0;
    }
    must_copy(a, t);
    if (t.kind == TYPE_NATIVE) {
        return 0;
    }
    BUG_ON(type_parse(a, type_logical_text(a, &t), &back, NULL) != ERR_OK);
    BUG_ON(!type_equal(&t, &back));
    return 0;
}
