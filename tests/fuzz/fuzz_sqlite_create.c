#include <stddef.h>
#include <stdint.h>

#include "engine/sqlite/ddl.h"
#include "engine/sqlite/edit.h"
#include "engine/sqlite/expr_parse.h"
#include "engine/sqlite/inspect.h"
#include "engine/sqlite/storage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every edit of a text that could be read must give a text that can be read. */
static void edit_everything(struct arena *a, const struct table_text *t)
{
    for (size_t i = 0; i < t->n_columns + t->n_clauses; i++) {
        struct edits e = {.arena = a, .table = t};
        bool is_column = i < t->n_columns;
        edit_rename(&e, "\"renamed\"");
        if (is_column && t->n_columns > 1) {
            edit_drop_column(&e, i);
            for (size_t k = 0; k < t->n_columns; k++) {
                for (size_t c = 0; k != i && c < t->columns[k].n_clauses; c++) {
                    edit_drop_column_clause(&e, k, c);
                }
            }
        } else if (!is_column) {
            edit_drop_table_clause(&e, i - t->n_columns);
            edit_add_column(&e, "\"added\" TEXT", t->columns[0].name);
        }
        struct table_text back;
        BUG_ON(ddl_read_table(a, str_of(edit_text(&e)), &back, NULL) != ERR_OK);
        BUG_ON(!text_eq(back.name, "renamed"));
    }
}

/* The first byte chooses the parser. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 1 << 16) {
        return 0;
    }
    struct arena *a = arena_new();
    char *text = arena_strndup(a, (const char *)data + 1, size - 1);
    struct str s = str_of(text);
    struct table_text table;
    struct index_text index;
    struct table t = {.name = "t", .native = text};
    switch (data[0] % 4) {
    case 0:
        if (ddl_read_table(a, s, &table, NULL) == ERR_OK && table.n_columns < 50) {
            edit_everything(a, &table);
            inspect_table(a, &t);
        }
        break;
    case 1:
        if (ddl_read_index(a, s, &index, NULL) == ERR_OK) {
            inspect_index(a, &t, text);
        }
        break;
    case 2:
        (void)sqlite_expr_parse(a, s);
        break;
    default:
        t.columns = ARENA_NEW(a, struct column);
        t.columns[0].type = sqlite_type_of(a, text);
        (void)sqlite_declare(a, &t.columns[0].type);
        break;
    }
    arena_free(a);
    return 0;
}
