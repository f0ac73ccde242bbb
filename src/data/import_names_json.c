#include "base/json.h"
#include "base/utf8.h"
#include "data/import_parts.h"
#include "data/managed.h"

static enum errcode refuse(struct error *err, const char *where, const char *message)
{
    (void)ERROR(err, ERR_INVALID_PARAMETER, "%s", message);
    return error_where(err, "/query/%s", where);
}

static enum errcode add_name(struct importer *im, struct str name, const char *column,
                             struct error *err)
{
    const struct column *c = column ? table_find_column(im->ctx->table, str_of(column)) : NULL;
    if (column && !c) {
        return refuse(
            err, "map",
            arena_printf(im->arena, "\"map\" names a column \"%s\" that is not there", column));
    }
    bool is_kept = c && column_is_kept(im->ctx->table, c) && c != im->id;
    if (c && (is_kept || c->generated != GENERATED_NONE)) {
        (void)ERROR(err, ERR_READ_ONLY_FIELD, "\"%s\" is kept by the server", c->name);
        return error_where(err, "/query/map");
    }
    for (size_t i = 0; c && i < im->n_map; i++) {
        if (im->map[i].column == c) {
            return refuse(err, "map",
                          arena_printf(im->arena, "\"map\" fills \"%s\" twice", c->name));
        }
    }
    struct import_name *names = (struct import_name *)(uintptr_t)im->map;
    struct import_name one = {(struct str){arena_str(im->arena, name), name.n}, c};
    ARENA_PUSH(im->arena, names, im->n_map, one);
    im->map = names;
    return ERR_OK;
}

static enum errcode map_from_json(struct importer *im, struct error *err)
{
    json_t *doc = NULL;
    const char *name;
    json_t *member;
    if (doc_parse(im->arena, str_of(im->in->map), 2, &doc, NULL) != ERR_OK ||
        !json_is_object(doc)) {
        return refuse(err, "map",
                      "\"map\" is an object {\"name in the file\": \"column\" or null}");
    }
    json_object_foreach(doc, name, member)
    {
        if (!json_is_string(member) && !json_is_null(member)) {
            return refuse(err, "map", "\"map\" gives each name a column or null");
        }
        TRY(add_name(im, str_of(name), json_string_value(member), err));
    }
    return ERR_OK;
}

/* "name=column,…"; nothing behind the "=" leaves the name out. */
static enum errcode map_from_list(struct importer *im, struct error *err)
{
    struct str rest = str_of(im->in->map);
    struct str pair;
    while (str_split(&rest, ',', &pair)) {
        size_t equals = str_find(pair, '=');
        if (equals == pair.n) {
            return refuse(err, "map", "\"map\" is a list of name=column");
        }
        struct str column = str_trim(str_sub(pair, equals + 1));
        struct str name = str_trim((struct str){pair.p, equals});
        TRY(add_name(im, name, column.n ? arena_str(im->arena, column) : NULL, err));
    }
    return ERR_OK;
}

static bool is_in(const struct column *const *columns, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq_nocase(str_of(columns[i]->name), str_of(name))) {
            return true;
        }
    }
    return false;
}

static bool is_index_of(const struct index *x, const struct column *const *columns, size_t n)
{
    bool fits = x->is_unique && !x->where && x->n_keys == n;
    for (size_t i = 0; fits && i < n; i++) {
        fits = x->keys[i].column && is_in(columns, n, x->keys[i].column);
    }
    return fits;
}

static bool is_unique_key(const struct table *t, const struct column *const *columns, size_t n)
{
    bool fits = t->n_primary_key == n;
    for (size_t i = 0; fits && i < n; i++) {
        fits = is_in(columns, n, t->primary_key[i]);
    }
    for (size_t i = 0; !fits && i < t->n_indexes; i++) {
        fits = is_index_of(&t->indexes[i], columns, n);
    }
    return fits;
}

/* The row that is there keeps its key, and what the server wrote when it was made. */
static void find_kept(struct importer *im)
{
    const struct table *t = im->ctx->table;
    const struct column **keep = ARENA_ARRAY(im->arena, t->n_columns, const struct column *);
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        bool is_kept = column_is_kept(t, c) && !text_eq(c->name, "updated_at");
        if ((is_kept || table_in_primary_key(t, c->name)) &&
            !is_in(im->conflict, im->n_conflict, c->name)) {
            keep[im->n_keep++] = c;
        }
    }
    im->keep = keep;
}

static enum errcode parse_upsert(struct importer *im, struct error *err)
{
    const struct table *t = im->ctx->table;
    struct str rest = str_of(im->in->upsert);
    struct str name;
    const struct column **columns = ARENA_ARRAY(im->arena, t->n_columns, const struct column *);
    while (str_split(&rest, ',', &name)) {
        const struct column *c = table_find_column(t, str_trim(name));
        if (!c || im->n_conflict == t->n_columns || is_in(columns, im->n_conflict, c->name)) {
            return refuse(err, "upsert", "\"upsert\" names a column that is not there, or twice");
        }
        columns[im->n_conflict++] = c;
    }
    im->conflict = columns;
    if (!is_unique_key(t, columns, im->n_conflict)) {
        return refuse(err, "upsert",
                      "\"upsert\" names the columns of the key or of a unique index");
    }
    find_kept(im);
    return ERR_OK;
}

enum errcode import_names(struct importer *im, struct error *err)
{
    struct str map = str_trim(str_of(im->in->map));
    if (map.n) {
        TRY(map.p[0] == '{' ? map_from_json(im, err) : map_from_list(im, err));
    }
    return im->in->upsert ? parse_upsert(im, err) : ERR_OK;
}

enum errcode import_column(const struct importer *im, struct str name, const struct column **out,
                           struct error *err)
{
    for (size_t i = 0; i < im->n_map; i++) {
        if (str_eq(im->map[i].name, name)) {
            *out = im->map[i].column;
            return ERR_OK;
        }
    }
    const struct table *t = im->ctx->table;
    const struct column *c = table_find_column(t, name);
    if (!c) {
        return ERROR(err, ERR_UNKNOWN_FIELD, "\"%s\" has no column \"%.*s\"", t->name,
                     (int)utf8_cut(name, 100).n, name.p ? name.p : "");
    }
    bool is_passed_over = (column_is_kept(t, c) && c != im->id) || c->generated != GENERATED_NONE;
    *out = is_passed_over ? NULL : c;
    return ERR_OK;
}
