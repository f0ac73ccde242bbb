#include "change/change.h"

#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"

const struct change_ops *change_ops(enum change_kind kind)
{
    static const struct change_ops *const table[CHANGE_N] = {
#define CHANGE(symbol, wire, member) [CHANGE_##symbol] = &member##_ops,
#include "change/kinds.def"
#undef CHANGE
    };
    BUG_ON(kind <= CHANGE_NONE || kind >= CHANGE_N);
    return table[kind];
}

void change_list_prepare(struct arena *a, struct change_list *list, const char *tag)
{
    if (!list->arena) {
        list->arena = a;
    }
    for (size_t i = 0; i < list->n; i++) {
        struct change *c = &list->items[i];
        const char **trash = NULL;
        if (c->kind == CHANGE_DROP_TABLE && !c->drop_table.no_trash) {
            trash = &c->drop_table.trash;
        } else if (c->kind == CHANGE_DROP_COLUMN && !c->drop_column.no_trash) {
            trash = &c->drop_column.trash;
        }
        if (trash && !*trash) {
            *trash = arena_printf(a, TELAIO_TRASH_PREFIX "%s_%zu", tag, i);
        }
    }
}

static void complete(struct arena *a, struct change *c, const struct catalog *now)
{
    const struct change_ops *ops = change_ops(c->kind);
    if (ops->complete) {
        ops->complete(a, c, now);
    }
}

enum errcode change_list_apply(const struct change_list *list, const struct catalog *now,
                               struct catalog **after, struct error *err)
{
    struct catalog *copy AUTO(catalog_unrefp) = catalog_copy(now);
    for (size_t i = 0; i < list->n; i++) {
        struct change c = list->items[i];
        complete(list->arena ? list->arena : copy->arena, &c, copy);
        const struct change_ops *ops = change_ops(c.kind);
        TRY(where_prefix(err, ops->validate(&c, copy, err), "/operations/%zu", i));
        ops->apply(&c, copy);
        if (list->arena) {
            list->items[i] = c;
        }
    }
    *after = catalog_ref(copy);
    return ERR_OK;
}

void change_list_inverse(struct arena *a, const struct change_list *list,
                         const struct catalog *before, struct change_list *out)
{
    struct catalog *now AUTO(catalog_unrefp) = catalog_copy(before);
    struct change_list *each = ARENA_ARRAY(a, list->n, struct change_list);
    for (size_t i = 0; i < list->n; i++) {
        struct change c = list->items[i];
        complete(a, &c, now);
        change_ops(c.kind)->inverse(a, &c, now, &each[i]);
        change_ops(c.kind)->apply(&c, now);
    }
    *out = (struct change_list){.arena = a};
    for (size_t i = list->n; i > 0; i--) {
        for (size_t k = 0; k < each[i - 1].n; k++) {
            each[i - 1].items[k].is_stored = true;
            ARENA_PUSH(a, out->items, out->n, each[i - 1].items[k]);
        }
    }
}

enum undo_class change_list_undo_class(const struct change_list *list)
{
    enum undo_class worst = UNDO_FREE;
    for (size_t i = 0; i < list->n; i++) {
        enum undo_class c = change_ops(list->items[i].kind)->undo(&list->items[i]);
        worst = c > worst ? c : worst;
    }
    return worst;
}

const char *undo_class_name(enum undo_class c)
{
    static const char *const names[] = {
        [UNDO_FREE] = "free",
        [UNDO_COPY] = "copy",
        [UNDO_TRASH] = "trash",
        [UNDO_NONE] = "none",
    };
    BUG_ON(c < UNDO_FREE || c > UNDO_NONE);
    return names[c];
}
