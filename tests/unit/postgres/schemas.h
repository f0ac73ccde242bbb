#pragma once

#include "fixture.h"

#include "catalog/catalog.h"
#include "change/change.h"
#include "engine/plan.h"

/* What tests of structure share: schemas of others, changes, and looking at them. */

/* A schema beside the fixture's, made by texts (up to NULL) with search_path on it, attached;
 * closed by attached_close(), which drops it. */
struct attached {
    struct fixture *f;
    const char *schema;
    struct engine *engine;
};

struct attached attached_open(struct fixture *f, bool is_read_only, const char *sql, ...);
void attached_close(struct attached *a);

/* The catalog of @ns as of now; the caller unrefs. */
struct catalog *catalog_of(struct fixture *f, struct engine *e, struct str ns);
const struct table *table_of(const struct catalog *c, const char *name);
const struct column *column_of(const struct catalog *c, const char *table, const char *column);
const struct index *index_of(const struct catalog *c, const char *table, const char *index);

/* An expression as JSON, an index, a whole table: texts to compare. */
const char *expr_text(struct arena *a, const struct expr *e);
const char *table_text(struct arena *a, const struct table *t);
const char *index_text(struct arena *a, const struct index *i);

/* A change list from JSON in a request's form. */
struct change_list *changes_of(struct fixture *f, const char *json);
/* The plan of @list for @ns, completed, validated and planned. */
enum errcode plan_of(struct fixture *f, struct engine *e, struct str ns, struct change_list *list,
                     struct plan **out);
/* The same, then it runs; its inverse (through its stored form) goes to *undo when not NULL. */
enum errcode change_schema(struct fixture *f, struct engine *e, struct str ns,
                           struct change_list *list, struct change_list **undo);
enum errcode run_plan(struct fixture *f, struct engine *e, struct str ns, const struct plan *plan);
