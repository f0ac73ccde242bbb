#include "catalog/value.h"

struct value value_copy(struct arena *a, struct value v)
{
    if (v.kind == VALUE_TEXT || v.kind == VALUE_BYTES) {
        v.s.p = arena_str(a, v.s);
    }
    return v;
}

bool value_equal(struct value a, struct value b)
{
    if (a.kind != b.kind) {
        return false;
    }
    switch (a.kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a.b == b.b;
    case VALUE_INT:
        return a.i == b.i;
    case VALUE_FLOAT:
        return memcmp(&a.f, &b.f, sizeof a.f) == 0;
    case VALUE_TEXT:
    case VALUE_BYTES:
        return str_eq(a.s, b.s);
    }
    return false;
}
