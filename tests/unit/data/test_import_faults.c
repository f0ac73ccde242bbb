#include <stdatomic.h>

#include "../../support/fault_vfs.h"
#include "data/import.h"
#include "fixture.h"

/* The disk is full at the n-th write of an import, for every n there is. */
#define ROWS 60

static struct sqlite_settings on_faults(void)
{
    fault_vfs_register();
    fault_plan_reset();
    return (struct sqlite_settings){.vfs = FAULT_VFS, .cache_kib = 16};
}

struct file {
    struct buf text;
    bool is_given;
};

static enum errcode read_all(void *arg, struct str *piece, struct error *err)
{
    struct file *f = arg;
    (void)err;
    *piece = f->is_given ? (struct str){0} : buf_str(&f->text);
    f->is_given = true;
    return ERR_OK;
}

static void fill(struct buf *b)
{
    buf_init(b, BUF_MAX_DEFAULT);
    buf_adds(b, "id,n\n");
    for (int i = 1; i <= ROWS; i++) {
        buf_printf(b, "%d,", i);
        for (int k = 0; k < 400; k++) {
            buf_addc(b, (char)('a' + i % 26));
        }
        buf_addc(b, '\n');
    }
}

/* Returns whether the fault was reached. */
static bool try_once(long n, bool partial, bool once)
{
    struct sqlite_settings settings = on_faults();
    struct fixture *f = fixture_open(&settings);
    fixture_sql(f, "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)");
    struct catalog *c = fixture_catalog(f);
    struct data_context ctx = {.engine = f->engine, .ns = STR("store"), .catalog = c};
    struct import_result r;
    struct file file = {.is_given = false};
    fill(&file.text);
    ctx.table = catalog_find_table(c, STR("t"));
    struct import_request in = {
        .format = FORMAT_CSV, .read = read_all, .arg = &file, .partial = partial};
    fault_plan_reset();
    atomic_store(once ? &fault_plan.fail_once : &fault_plan.fail_from, n);
    enum errcode code = data_import(&ctx, f->arena, &in, &r, &f->err);
    bool reached = atomic_load(&fault_plan.n_writes) >= n;
    fault_plan_reset();
    const char *count = fixture_text(f, "SELECT count(*) FROM t");
    if (code == ERR_OK) {
        assert_int_equal(r.inserted, ROWS);
        assert_string_equal(count, "60");
    } else {
        assert_int_equal(code, ERR_DISK_FULL);
        /* in part: the transactions that ended before, which is told; else nothing */
        assert_true(partial ? r.inserted < ROWS : r.inserted == 0);
        assert_string_equal(count, arena_printf(f->arena, "%lld", (long long)r.inserted));
        assert_string_equal(fixture_text(f, "SELECT coalesce(max(id), 0) FROM t"), count);
    }
    assert_string_equal(fixture_text(f, "PRAGMA integrity_check"), "ok");
    /* and when there is room again, it goes in */
    if (code != ERR_OK) {
        file.is_given = false;
        fixture_sql(f, "DELETE FROM t");
        error_release(&f->err);
        assert_ok(f, data_import(&ctx, f->arena, &in, &r, &f->err));
        assert_string_equal(fixture_text(f, "SELECT count(*) FROM t"), "60");
    }
    buf_release(&file.text);
    catalog_unref(c);
    fixture_close(f);
    return reached;
}

static void full_disk_leaves_all_or_nothing(void **state)
{
    (void)state;
    for (int mode = 0; mode < 4; mode++) {
        long n = 1;
        while (try_once(n, mode & 1, mode & 2)) {
            n++;
            assert_true(n < 500);
        }
        assert_true(n > 3); /* the faults did meet the import's writes */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(full_disk_leaves_all_or_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
