#include "migrate/lint.h"

/* Words that are reserved on PostgreSQL, MariaDB or SQLite and that people like as names. */
static const char *const keywords[] = {
    "all",
    "analyze",
    "and",
    "as",
    "between",
    "by",
    "case",
    "check",
    "collate",
    "column",
    "condition",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "delete",
    "desc",
    "distinct",
    "drop",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "full",
    "grant",
    "group",
    "groups",
    "having",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "key",
    "keys",
    "left",
    "like",
    "limit",
    "lock",
    "match",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "option",
    "or",
    "order",
    "outer",
    "over",
    "primary",
    "range",
    "rank",
    "read",
    "references",
    "release",
    "rename",
    "return",
    "right",
    "row",
    "rows",
    "select",
    "session_user",
    "set",
    "show",
    "system",
    "table",
    "then",
    "to",
    "trigger",
    "true",
    "union",
    "unique",
    "update",
    "usage",
    "use",
    "user",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
    "write",
};

static void look(struct lint *l, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
        if (str_eq_nocase(str_of(name), str_of(keywords[i]))) {
            lint_find(l, -1, "choose another name; the display name can be anything",
                      "\"%s\" is a keyword: it needs quotes in every statement", name);
            return;
        }
    }
}

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    const struct change *c = l->change;
    if (c->kind == CHANGE_CREATE_TABLE) {
        look(l, c->create_table.table->name);
        for (size_t i = 0; i < c->create_table.table->n_columns; i++) {
            look(l, c->create_table.table->columns[i].name);
        }
    } else if (c->kind == CHANGE_RENAME_TABLE) {
        look(l, c->rename_table.new_name);
    } else if (c->kind == CHANGE_CREATE_COLUMN) {
        look(l, c->create_column.column.name);
    } else if (c->kind == CHANGE_RENAME_COLUMN) {
        look(l, c->rename_column.new_name);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_NM002 = {
    .id = "NM002",
    .severity = SEVERITY_WARNING,
    .title = "a name is a keyword",
    .check = check,
};
