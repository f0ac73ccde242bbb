#include "base/time.h"
#include "base/uuid.h"
#include "data/import_parts.h"
#include "data/managed.h"

static struct value now_value(struct arena *a)
{
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format(text, time_now_us());
    return value_copy(a, value_str((struct str){text, n}));
}

static void add(struct importer *im, const char *name, struct value v)
{
    const struct column *c = table_find_column(im->ctx->table, str_of(name));
    if (c) {
        im->fill[im->n_fill] = c;
        im->fill_values[im->n_fill++] = v;
    }
}

void import_fill_init(struct importer *im)
{
    const struct data_context *ctx = im->ctx;
    if (!table_is_managed(ctx->table)) {
        return;
    }
    struct value now = now_value(im->arena);
    im->id = table_find_column(ctx->table, STR("id"));
    add(im, "created_at", now);
    add(im, "updated_at", now);
    if (ctx->tenant_id > 0) {
        add(im, "tenant_id", value_int(ctx->tenant_id));
    }
    struct value actor;
    if (data_actor(ctx, im->arena, &actor)) {
        add(im, "created_by", actor);
    }
}

struct value import_new_id(struct arena *a)
{
    char *text = arena_alloc(a, UUID_TEXT + 1);
    uuid_make(text);
    return value_str((struct str){text, UUID_TEXT});
}

bool import_default(struct arena *a, const struct column *c, struct value *out)
{
    const struct expr *e = c->default_value;
    *out = value_null();
    if (!e) {
        return true;
    }
    if (e->kind == EXPR_LITERAL) {
        *out = e->value;
        return true;
    }
    if (e->kind == EXPR_CALL && text_eq(e->name, "now")) {
        *out = now_value(a);
        return true;
    }
    if (e->kind == EXPR_CALL && text_eq(e->name, "current_date")) {
        struct value now = now_value(a);
        *out = value_str((struct str){now.s.p, 10});
        return true;
    }
    if (e->kind == EXPR_CALL && text_eq(e->name, "uuid")) {
        *out = import_new_id(a);
        return true;
    }
    return false;
}

bool import_is_key(const struct importer *im, const struct column *c)
{
    return c == im->id || c->is_auto_increment || table_in_primary_key(im->ctx->table, c->name);
}

bool import_is_required(const struct importer *im, const struct column *c)
{
    bool may_lack = c->is_nullable || c->default_value || c->generated != GENERATED_NONE ||
                    import_is_key(im, c) || column_is_kept(im->ctx->table, c);
    return !may_lack;
}
