/* cmocka needs these before its own header */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/fs.h"
#include "engine/engine.h"
#include "test_engine.h"

/* The table of abilities in docs/reference/engines.md is what the four engines say of themselves.
 */
static const char *const engines[] = {"sqlite", "postgresql", "mariadb", "mongodb"};

static const char start[] = "<!-- abilities: tests/unit/engine/test_abilities.c -->\n";

struct place {
    struct arena *arena;
    struct engine_caps caps[ARRAY_LEN(engines)];
    bool is_known[ARRAY_LEN(engines)];
};

static void ask(struct place *p, size_t i)
{
    struct test_engine t = {0};
    const char *why = test_engine_skip(engines[i]);
    if (why) {
        print_message("# %s: %s\n", engines[i], why);
        return;
    }
    if (!test_engine_open(engines[i], &t)) {
        fail_msg("%s cannot be opened", engines[i]);
    }
    p->caps[i] = t.engine->caps;
    p->is_known[i] = true;
    test_engine_close(&t);
}

/* The words for one cell; @line is what stands there, for an engine that cannot be asked. */
static const char *cell(const struct place *p, size_t engine, const char *ability)
{
    return engine_has(&p->caps[engine], ability) ? "yes" : "–";
}

static const char *row_text(struct place *p, const struct engine_ability *a, const char *line)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "| `%s` | %s |", a->name, a->meaning);
    struct str rest = str_of(line);
    struct str part = {NULL, 0};
    for (int i = 0; i < 3; i++) {
        (void)str_split(&rest, '|', &part);
    }
    for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
        (void)str_split(&rest, '|', &part);
        struct str told = str_trim(part);
        if (p->is_known[i]) {
            buf_printf(&b, " %s |", cell(p, i, a->name));
        } else {
            buf_printf(&b, " %.*s |", (int)told.n, told.n ? told.p : "");
        }
    }
    const char *text = arena_str(p->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static void the_table_tells_what_engines_can(void **state)
{
    (void)state;
    struct place p = {.arena = arena_new()};
    struct error err = ERROR_INIT;
    struct str file;
    for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
        ask(&p, i);
    }
    if (fs_read_file(p.arena, getenv("TELAIO_ENGINES_PAGE"), 1 << 20, &file, &err) != ERR_OK) {
        fail_msg("%s", err.message);
    }
    const char *table = strstr(file.p, start);
    assert_non_null(table);
    struct str rest = str_of(table + sizeof start - 1);
    struct str line = {NULL, 0};
    (void)str_split(&rest, '\n', &line); /* the names of the columns */
    (void)str_split(&rest, '\n', &line);
    size_t n = 0;
    const struct engine_ability *abilities = engine_abilities(&n);
    int n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        (void)str_split(&rest, '\n', &line);
        const char *is = arena_str(p.arena, line);
        const char *wanted = row_text(&p, &abilities[i], is);
        if (strcmp(is, wanted) != 0) {
            print_error("the page says\n%s\nand it is\n%s\n", is, wanted);
            n_wrong++;
        }
    }
    (void)str_split(&rest, '\n', &line);
    assert_int_equal(line.n, 0); /* no row too many */
    assert_int_equal(n_wrong, 0);
    arena_free(p.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_table_tells_what_engines_can)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
