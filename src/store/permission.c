#include "store/permission.h"

#include "store/record.h"

static const struct record_field permission_fields[] = {
    RECORD_IDENTITY(struct permission, id),
    RECORD_FIELD(struct permission, slug, TEXT),
    RECORD_FIELD(struct permission, name, TEXT),
    RECORD_FIELD(struct permission, description, TEXT),
    RECORD_FIELD(struct permission, permission_group_id, REF),
    RECORD_FIELD(struct permission, is_active, BOOL),
    RECORD_FIELD(struct permission, is_system, BOOL),
    RECORD_FIELD(struct permission, is_reserved, BOOL),
};
RECORD_TYPE(store_permission_type, "permissions", struct permission, permission_fields, "id");

/* As much of the other tables as a template's patterns need. */
struct template_row {
    int64_t id;
    const char *slug;
    bool is_active;
    int64_t deleted_at;
};

static const struct record_field template_fields[] = {
    RECORD_IDENTITY(struct template_row, id),
    RECORD_FIELD(struct template_row, slug, TEXT),
    RECORD_FIELD(struct template_row, is_active, BOOL),
    RECORD_FIELD(struct template_row, deleted_at, TIME),
};
static RECORD_TYPE(template_type, "permission_templates", struct template_row, template_fields,
                   "id");

struct held {
    int64_t id;
    int64_t template_id;
    int64_t of; /* the permission or the wildcard */
};

static const struct record_field held_permission_fields[] = {
    RECORD_IDENTITY(struct held, id),
    RECORD_FIELD(struct held, template_id, INT),
    {.name = "permission_id", .kind = FIELD_INT, .offset = offsetof(struct held, of)},
};
static RECORD_TYPE(held_permission_type, "template_permissions", struct held,
                   held_permission_fields, "id");

static const struct record_field held_wildcard_fields[] = {
    RECORD_IDENTITY(struct held, id),
    RECORD_FIELD(struct held, template_id, INT),
    {.name = "wildcard_id", .kind = FIELD_INT, .offset = offsetof(struct held, of)},
};
static RECORD_TYPE(held_wildcard_type, "template_wildcards", struct held, held_wildcard_fields,
                   "id");

struct wildcard {
    int64_t id;
    const char *pattern;
    bool is_active;
};

static const struct record_field wildcard_fields[] = {
    RECORD_IDENTITY(struct wildcard, id),
    RECORD_FIELD(struct wildcard, pattern, TEXT),
    RECORD_FIELD(struct wildcard, is_active, BOOL),
};
static RECORD_TYPE(wildcard_type, "permission_wildcards", struct wildcard, wildcard_fields, "id");

enum errcode store_permission_list(struct store *s, struct arena *a, struct permission **out,
                                   size_t *n, struct error *err)
{
    struct record_query q = {.order = "slug"};
    void *found = NULL;
    TRY(store_all(s, a, &store_permission_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

/* The texts of a template, gathered one after the other. */
struct gather {
    struct store *store;
    struct arena *arena;
    int64_t template_id;
    const char **texts;
    size_t n;
};

static enum errcode list_held(struct gather *g, const struct record_type *type, struct held **out,
                              size_t *n, struct error *err)
{
    struct record_term term = TERM("template_id", EQ, value_int(g->template_id));
    struct record_query q = {.terms = &term, .n_terms = 1};
    void *found = NULL;
    TRY(store_all(g->store, g->arena, type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

/* An inactive permission or wildcard grants nothing. */
static enum errcode gather_permissions(struct gather *g, struct error *err)
{
    struct held *held = NULL;
    struct permission *all = NULL;
    size_t n_held = 0, n_all = 0;
    TRY(list_held(g, &held_permission_type, &held, &n_held, err));
    TRY(store_permission_list(g->store, g->arena, &all, &n_all, err));
    for (size_t i = 0; i < n_held; i++) {
        for (size_t k = 0; k < n_all; k++) {
            if (all[k].id == held[i].of && all[k].is_active) {
                ARENA_PUSH(g->arena, g->texts, g->n, all[k].slug);
            }
        }
    }
    return ERR_OK;
}

static enum errcode gather_wildcards(struct gather *g, struct error *err)
{
    struct held *held = NULL;
    size_t n_held = 0, n_all = 0;
    TRY(list_held(g, &held_wildcard_type, &held, &n_held, err));
    struct record_query q = {0};
    void *found = NULL;
    TRY(store_all(g->store, g->arena, &wildcard_type, &q, &found, &n_all, err));
    const struct wildcard *all = found;
    for (size_t i = 0; i < n_held; i++) {
        for (size_t k = 0; k < n_all; k++) {
            if (all[k].id == held[i].of && all[k].is_active) {
                ARENA_PUSH(g->arena, g->texts, g->n, all[k].pattern);
            }
        }
    }
    return ERR_OK;
}

enum errcode store_template_patterns(struct store *s, struct arena *a, const char *slug,
                                     const char ***out, size_t *n, struct error *err)
{
    struct record_term terms[] = {TERM("slug", EQ, value_text(slug)),
                                  TERM("is_active", EQ, value_bool(true)),
                                  TERM("deleted_at", IS_NULL, value_null())};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms), .limit = 1};
    struct gather g = {.store = s, .arena = a};
    void *found = NULL;
    size_t n_found = 0;
    TRY(store_all(s, a, &template_type, &q, &found, &n_found, err));
    if (n_found > 0) {
        g.template_id = ((struct template_row *)found)->id;
        TRY(gather_permissions(&g, err));
        TRY(gather_wildcards(&g, err));
    }
    *out = g.texts;
    *n = g.n;
    return ERR_OK;
}
