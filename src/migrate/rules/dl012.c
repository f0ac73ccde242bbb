#include <string.h>

#include "migrate/lint.h"

#define NAMES_IDENTIFIER(c)                                                                    \
    (((c) >= '0' && (c) <= '9') || ((c) >= 'A' && (c) <= 'Z') || ((c) >= 'a' && (c) <= 'z') || \
     (c) == '_')

/* The word stands in the text as a whole word, whatever its case. */
static bool mentions(const char *text, const char *word)
{
    struct str s = str_of(text);
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++) {
        bool begins = i == 0 || !NAMES_IDENTIFIER(s.p[i - 1]);
        bool ends = i + n == s.n || !NAMES_IDENTIFIER(s.p[i + n]);
        if (begins && ends && str_eq_nocase((struct str){s.p + i, n}, str_of(word))) {
            return true;
        }
    }
    return false;
}

static bool uses(const char *text, const char *table, const char *column)
{
    return text && mentions(text, table) && (!column || mentions(text, column));
}

static void look(struct lint *l, const struct table *other, const char *table, const char *column)
{
    bool is_same = str_eq_nocase(str_of(other->name), str_of(table));
    const char *what = column ? column : table;
    if (other->kind == TABLE_VIEW && uses(other->native, table, column)) {
        lint_find(l, -1, "change the view in the same change", "the view \"%s\" uses \"%s\"",
                  other->name, what);
    }
    for (size_t i = 0; i < other->n_triggers; i++) {
        const struct trigger *t = &other->triggers[i];
        bool goes_along = is_same && !column; /* a table's own triggers go with it */
        if (!goes_along && uses(t->native, table, column)) {
            lint_find(l, -1, "change the trigger first", "the trigger \"%s\" of \"%s\" uses \"%s\"",
                      t->name, other->name, what);
        }
    }
}

static enum errcode check(struct lint *l, struct error *err)
{
    (void)err;
    const struct change *c = l->change;
    if (c->kind != CHANGE_DROP_TABLE && c->kind != CHANGE_DROP_COLUMN) {
        return ERR_OK;
    }
    bool is_column = c->kind == CHANGE_DROP_COLUMN;
    const char *table = is_column ? c->drop_column.table : c->drop_table.table;
    for (size_t i = 0; i < l->before->n_tables; i++) {
        look(l, l->before->tables[i], table, is_column ? c->drop_column.column : NULL);
    }
    return ERR_OK;
}

const struct lint_rule lint_rule_DL012 = {
    .id = "DL012",
    .severity = SEVERITY_DANGER,
    .title = "something is dropped that a view or trigger uses",
    .check = check,
};
