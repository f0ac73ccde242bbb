#include "app/attributes.h"
#include "app/tables.h"
#include "base/attr.h"
#include "base/json.h"
#include "catalog/where.h"
#include "data/managed.h"

#define API_ROOT        "/api/custom/"
#define API_SLUG_MAX    80
#define FIELDS_OF_TABLE 8

static bool is_slug(struct str s)
{
    bool fits = s.n > 0 && s.n <= API_SLUG_MAX;
    for (size_t i = 0; i < s.n && fits; i++) {
        char c = s.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        fits = is_word || c == '_' || (c == '-' && i > 0);
    }
    return fits;
}

enum errcode app_api_prefix(struct arena *a, const char *given, const char **out, struct error *err)
{
    struct str s = str_of(given);
    struct str slug = str_starts(s, STR(API_ROOT)) ? str_sub(s, sizeof(API_ROOT) - 1) : s;
    if (!is_slug(slug)) {
        ERROR(err, ERR_INVALID, "the API of a table is at " API_ROOT " and one word behind it");
        return error_where(err, "/apiPrefix");
    }
    *out = arena_printf(a, API_ROOT "%.*s", (int)slug.n, slug.p);
    return ERR_OK;
}

enum errcode app_table_set_check(const struct caller *c, const struct app_table_set *set,
                                 struct error *err)
{
    const struct {
        unsigned field;
        const char *key, *value;
    } texts[] = {
        {APP_TABLE_DISPLAY_NAME, "displayName", set->display_name},
        {APP_TABLE_DESCRIPTION, "description", set->description},
        {APP_TABLE_ICON, "icon", set->icon},
        {APP_TABLE_COLOR, "color", set->color},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (set->fields & texts[i].field) {
            TRY(attribute_check(texts[i].key, texts[i].value, err));
        }
    }
    const char *policy = NULL, *prefix = NULL;
    if (set->fields & APP_TABLE_API_PREFIX) {
        TRY(app_api_prefix(c->arena, set->api_prefix, &prefix, err));
    }
    if (set->fields & APP_TABLE_PERMISSIONS) {
        enum errcode code = table_policy_complete(c->arena, set->permissions, &policy, err);
        TRY(where_prefix(err, code, "/permissions"));
    }
    return ERR_OK;
}

/* The prefix is one table's alone. */
static enum errcode check_free(const struct caller *c, const char *table, const char *prefix,
                               struct error *err)
{
    struct registry_table other = {0};
    struct error ignored = ERROR_INIT;
    enum errcode code = store_registry_by_prefix(c->app->store, c->arena, c->tenant.id,
                                                 str_of(prefix), &other, &ignored);
    if (code == ERR_NOT_FOUND || (code == ERR_OK && text_eq(other.table_name, table))) {
        error_release(&ignored);
        return ERR_OK;
    }
    if (code != ERR_OK) {
        return error_move(err, &ignored);
    }
    ERROR(err, ERR_CONFLICT, "another table has its API there");
    return error_where(err, "/apiPrefix");
}

/* The fields of @row that @set names, changed; their columns at @names. */
static enum errcode change_row(const struct caller *c, const struct app_table_set *set,
                               struct registry_table *row, const char **names, struct error *err)
{
    size_t n = 0;
    if (set->fields & APP_TABLE_DISPLAY_NAME) {
        row->display_name = arena_str(c->arena, str_trim(str_of(set->display_name)));
        names[n++] = "display_name";
    }
    if (set->fields & APP_TABLE_DESCRIPTION) {
        row->description = set->description;
        names[n++] = "description";
    }
    if (set->fields & APP_TABLE_ICON) {
        row->icon = set->icon;
        names[n++] = "icon";
    }
    if (set->fields & APP_TABLE_COLOR) {
        row->color = set->color;
        names[n++] = "color";
    }
    if (set->fields & APP_TABLE_API_ENABLED) {
        row->api_enabled = set->api_enabled;
        names[n++] = "api_enabled";
    }
    if (set->fields & APP_TABLE_API_PREFIX) {
        TRY(app_api_prefix(c->arena, set->api_prefix, &row->api_prefix, err));
        TRY(check_free(c, row->table_name, row->api_prefix, err));
        names[n++] = "api_prefix";
    }
    if (set->fields & APP_TABLE_PERMISSIONS) {
        TRY(table_policy_complete(c->arena, set->permissions, &row->permissions, err));
        names[n++] = "permissions";
    }
    row->updated_by = c->principal.user_id;
    names[n++] = "updated_by";
    names[n] = NULL;
    return ERR_OK;
}

/* The names of what was written, for the audit. */
static const char *detail_of(struct arena *a, const char *const *names)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    jsonw_key(&w, "fields");
    jsonw_begin_array(&w);
    for (size_t i = 0; names[i]; i++) {
        if (!text_eq(names[i], "updated_by")) {
            jsonw_text(&w, names[i]);
        }
    }
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

/* The table that @c may change how it is shown, and its row. */
static enum errcode open_table(const struct caller *c, const char *name, enum action action,
                               struct app_table *t, struct error *err)
{
    TRY(app_table_get(c, name, t, err));
    TRY(caller_check_table(c, action, t->table->name, NULL, err));
    if (!t->view->registry) {
        ERROR(err, ERR_UNSUPPORTED, "table \"%s\" was not made here", t->table->name);
        return error_hint(err, "the registry does not know it, so nothing of it can be kept");
    }
    return ERR_OK;
}

enum errcode app_table_set(const struct caller *c, const char *table,
                           const struct app_table_set *set, struct error *err)
{
    struct app_table t;
    TRY(open_table(c, table, ACTION_TABLES_ALTER, &t, err));
    TRY(app_table_set_check(c, set, err));
    if (set->fields == 0) {
        return ERR_OK;
    }
    const char *names[FIELDS_OF_TABLE + 1];
    struct registry_table row = *t.view->registry;
    TRY(change_row(c, set, &row, names, err));
    TRY(store_registry_update(c->app->store, &row, names, err));
    return caller_audit(c, "table.update", "table", t.table->name, detail_of(c->arena, names), err);
}

/* A bound that is gone or wider than it was. */
static bool is_looser(const struct column_rules *was, const struct column_rules *now)
{
    return (was->has_min && (!now->has_min || now->min < was->min)) ||
           (was->has_max && (!now->has_max || now->max > was->max)) ||
           (was->has_min_length && (!now->has_min_length || now->min_length < was->min_length)) ||
           (was->has_max_length && (!now->has_max_length || now->max_length > was->max_length));
}

static bool has_label(const struct column_rules *r, const char *label)
{
    for (size_t i = 0; i < r->n_one_of; i++) {
        if (text_eq(r->one_of[i], label)) {
            return true;
        }
    }
    return false;
}

static bool admits_more(const struct column_rules *was, const struct column_rules *now)
{
    bool more = was->n_one_of > 0 && now->n_one_of == 0;
    for (size_t i = 0; was->n_one_of > 0 && i < now->n_one_of; i++) {
        more = more || !has_label(was, now->one_of[i]);
    }
    return more;
}

/* The table's CHECK says what the rules were when the column was made, and stays. */
static enum errcode check_rules(const struct table *t, const struct column *was,
                                const struct column *now, struct error *err)
{
    bool has_check = false;
    for (size_t i = 0; i < t->n_checks; i++) {
        has_check = has_check || expr_mentions(t->checks[i].expr, was->name);
    }
    if (has_check &&
        (is_looser(&was->rules, &now->rules) || admits_more(&was->rules, &now->rules))) {
        ERROR(err, ERR_UNSUPPORTED, "the table itself holds the narrower rule of \"%s\"",
              was->name);
        error_hint(err, "make a new column with the wider rule");
        return error_where(err, "/validation");
    }
    return ERR_OK;
}

/* Shown order with @column at place @order among the columns that the server does not keep. */
static enum errcode move_column(const struct caller *c, const struct app_table *t,
                                const char *column, int64_t order, struct error *err)
{
    size_t n = t->table->n_columns, n_own = 0;
    const char **own = ARENA_ARRAY(c->arena, n + 1, const char *);
    const char **all = ARENA_ARRAY(c->arena, n, const char *);
    for (size_t i = 0; i < n; i++) {
        bool is_moved = text_eq(t->columns[i]->name, column);
        if (!is_moved && !column_is_kept(t->table, t->columns[i])) {
            own[n_own++] = t->columns[i]->name;
        }
    }
    size_t at = order - 1 < (int64_t)n_own ? (size_t)(order - 1) : n_own;
    for (size_t i = n_own; i > at; i--) {
        own[i] = own[i - 1];
    }
    own[at] = column;
    for (size_t i = 0, next = 0; i < n; i++) {
        bool is_kept = column_is_kept(t->table, t->columns[i]);
        all[i] = is_kept ? t->columns[i]->name : own[next++];
    }
    return store_registry_order(c->app->store, c->tenant.id, str_of(t->table->name), all, n, err);
}

static enum errcode check_column(const struct app_table *t, const struct column *column,
                                 const struct app_column_set *set, struct error *err)
{
    if (set->order < 0) {
        ERROR(err, ERR_INVALID, "the first column is number 1");
        return error_where(err, "/order");
    }
    bool is_kept = column_is_kept(t->table, column);
    if (set->order > 0 && is_kept) {
        ERROR(err, ERR_READ_ONLY_FIELD, "column \"%s\" stays where it is", column->name);
        return error_where(err, "/order");
    }
    if (!set->shown) {
        return ERR_OK;
    }
    const struct column_rules *r = &set->shown->rules;
    bool has_rules = r->has_min || r->has_max || r->has_min_length || r->has_max_length ||
                     r->pattern || r->n_one_of > 0;
    if (is_kept && has_rules) {
        ERROR(err, ERR_READ_ONLY_FIELD, "column \"%s\" is the server's", column->name);
        return error_where(err, "/validation");
    }
    TRY(attributes_check_column(set->shown, err));
    return check_rules(t->table, column, set->shown, err);
}

enum errcode app_table_set_column(const struct caller *c, const char *table, const char *column,
                                  const struct app_column_set *set, struct error *err)
{
    struct app_table t;
    TRY(open_table(c, table, ACTION_COLUMNS_ALTER, &t, err));
    const struct column *found = table_find_column(t.table, str_of(column));
    if (!found) {
        return ERROR(err, ERR_NOT_FOUND, "table \"%s\" has no column \"%s\"", t.table->name,
                     column);
    }
    TRY(check_column(&t, found, set, err));
    if (set->shown) {
        struct column shown = *set->shown;
        shown.name = found->name;
        TRY(store_registry_column(c->app->store, t.catalog, c->tenant.id, t.table->name, &shown,
                                  err));
    }
    if (set->order > 0) {
        TRY(move_column(c, &t, found->name, set->order, err));
    }
    const char *object = arena_printf(c->arena, "%s.%s", t.table->name, found->name);
    return caller_audit(c, "column.update", "column", object, NULL, err);
}
