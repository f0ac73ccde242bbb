#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/source.h"
#include "app/source_place.h"
#include "app/source_policy_json.h"
#include "base/attr.h"
#include "base/fs.h"

struct fixture {
    struct arena *arena;
    struct settings settings;
    const char *folder; /* holds data/ and files/ */
    struct error err;
};

static int set_up(void **state)
{
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    char *folder = arena_strdup(a, "/tmp/telaio-sources-XXXXXX");
    assert_non_null(mkdtemp(folder));
    f->arena = a;
    f->folder = folder;
    settings_init(&f->settings, a);
    static const char *const made[] = {"data", "files", "files/data", "files2"};
    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        assert_int_equal(mkdir(arena_printf(a, "%s/%s", folder, made[i]), 0700), 0);
    }
    static const char *const files[] = {"data/store.db", "files/a.db", "files/data/b.db",
                                        "files2/c.db"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        const char *path = arena_printf(a, "%s/%s", folder, files[i]);
        assert_int_equal(fs_replace_file(path, STR("x"), NULL), ERR_OK);
    }
    f->settings.text[SETTING_DATA] = arena_printf(a, "%s/data", folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    const char *command = arena_printf(f->arena, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    error_release(&f->err);
    arena_free(f->arena);
    return 0;
}

/* A row of a table of cases: a failure says which. */
static void assert_row(const char *name, int got, int wanted)
{
    if (got != wanted) {
        fail_msg("%s: %d, not %d", name, got, wanted);
    }
}

static const char *const schemes[] = {"db", NULL};
static const struct engine_kind server = {.name = "db", .schemes = schemes, .port = 1};
static const struct engine_kind file = {.name = "file", .schemes = schemes};

static enum errcode judge(struct fixture *f, const struct engine_kind *kind,
                          struct engine_options o, bool is_trusted)
{
    error_release(&f->err);
    return source_place_judge(&f->settings, kind, f->arena, &o, is_trusted, &f->err);
}

static enum errcode judge_host(struct fixture *f, const char *host, bool is_trusted)
{
    return judge(f, &server, (struct engine_options){.host = host}, is_trusted);
}

static void addresses_are_judged_by_who_names_them(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *host;
        enum errcode trusted, others;
    } rows[] = {
        {"93.184.216.34", ERR_OK, ERR_OK},
        {"2606:2800:220:1::1", ERR_OK, ERR_OK},
        {"127.0.0.1", ERR_OK, ERR_FORBIDDEN},
        {"127.1", ERR_OK, ERR_FORBIDDEN},
        {"2130706433", ERR_OK, ERR_FORBIDDEN},
        {"0x7f000001", ERR_OK, ERR_FORBIDDEN},
        {"::1", ERR_OK, ERR_FORBIDDEN},
        {"::ffff:127.0.0.1", ERR_OK, ERR_FORBIDDEN},
        {"::ffff:10.0.0.1", ERR_OK, ERR_FORBIDDEN},
        {"64:ff9b::7f00:1", ERR_OK, ERR_FORBIDDEN},
        {"10.255.255.255", ERR_OK, ERR_FORBIDDEN},
        {"11.0.0.0", ERR_OK, ERR_OK},
        {"172.15.0.1", ERR_OK, ERR_OK},
        {"172.16.0.1", ERR_OK, ERR_FORBIDDEN},
        {"172.31.255.255", ERR_OK, ERR_FORBIDDEN},
        {"172.32.0.1", ERR_OK, ERR_OK},
        {"192.168.1.1", ERR_OK, ERR_FORBIDDEN},
        {"100.64.0.1", ERR_OK, ERR_FORBIDDEN},
        {"fd12::1", ERR_OK, ERR_FORBIDDEN},
        {"169.254.169.254", ERR_FORBIDDEN, ERR_FORBIDDEN},
        {"fe80::1", ERR_FORBIDDEN, ERR_FORBIDDEN},
        {"0.0.0.0", ERR_FORBIDDEN, ERR_FORBIDDEN},
        {"::", ERR_FORBIDDEN, ERR_FORBIDDEN},
        {"224.0.0.1", ERR_FORBIDDEN, ERR_FORBIDDEN},
        {"255.255.255.255", ERR_FORBIDDEN, ERR_FORBIDDEN},
        {"fd00:ec2::254", ERR_FORBIDDEN, ERR_FORBIDDEN},
        {"/tmp/socket", ERR_OK, ERR_FORBIDDEN},
        {"", ERR_INVALID, ERR_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(rows[i].host, judge_host(f, rows[i].host, true), rows[i].trusted);
        assert_row(rows[i].host, judge_host(f, rows[i].host, false), rows[i].others);
    }
}

static void the_list_of_the_operator_binds_everybody(void **state)
{
    struct fixture *f = *state;
    f->settings.text[SETTING_SOURCE_HOSTS] = "10.1.0.0/16, 127.0.0.1 ,2606:2800::/32,/run/db";
    static const struct {
        const char *host;
        enum errcode code;
    } rows[] = {
        {"10.1.2.3", ERR_OK},
        {"10.2.0.1", ERR_FORBIDDEN},
        {"127.0.0.1", ERR_OK},
        {"127.0.0.2", ERR_FORBIDDEN},
        {"93.184.216.34", ERR_FORBIDDEN},
        {"2606:2800:220:1::1", ERR_OK},
        {"/run/db/.s", ERR_OK},
        {"/run/db", ERR_OK},
        {"/run/dbx/.s", ERR_FORBIDDEN},
        {"/run", ERR_FORBIDDEN},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(rows[i].host, judge_host(f, rows[i].host, true), rows[i].code);
        assert_row(rows[i].host, judge_host(f, rows[i].host, false), rows[i].code);
    }
    f->settings.text[SETTING_SOURCE_HOSTS] = "*";
    assert_int_equal(judge_host(f, "10.2.0.1", false), ERR_OK);
    assert_int_equal(judge_host(f, "169.254.169.254", true), ERR_FORBIDDEN);
    assert_int_equal(judge_host(f, "/tmp/socket", true), ERR_FORBIDDEN);
}

static enum errcode judge_uri(struct fixture *f, const char *uri, bool is_trusted)
{
    return judge(f, &server, (struct engine_options){.host = "x", .uri = uri}, is_trusted);
}

static void each_host_of_a_list_is_judged(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(judge_uri(f, "db://u@93.184.216.34:1,93.184.216.35/d?replicaSet=r", false),
                     ERR_OK);
    assert_int_equal(judge_uri(f, "db://u@93.184.216.34:1,127.0.0.1:2/d", false), ERR_FORBIDDEN);
    assert_int_equal(judge_uri(f, "db://u@93.184.216.34,[::1]:2/d", false), ERR_FORBIDDEN);
    assert_int_equal(judge_uri(f, "db+srv://u@example.org/d", false), ERR_FORBIDDEN);
    assert_int_equal(judge_uri(f, "db://93.184.216.34/d?tlsCertificateKeyFile=/etc/passwd", true),
                     ERR_FORBIDDEN);
    assert_int_equal(judge_uri(f, "db://93.184.216.34/d?proxyHost=10.0.0.1", true), ERR_FORBIDDEN);
}

static enum errcode judge_path(struct fixture *f, const char *path)
{
    return judge(f, &file, (struct engine_options){.path = path}, true);
}

static void files_lie_in_the_folder_of_the_operator(void **state)
{
    struct fixture *f = *state;
    struct arena *a = f->arena;
    assert_int_equal(judge_path(f, "a.db"), ERR_FORBIDDEN);
    f->settings.text[SETTING_SOURCE_FOLDER] = arena_printf(a, "%s/files/", f->folder);
    assert_int_equal(symlink("../data/store.db", arena_printf(a, "%s/files/l.db", f->folder)), 0);
    assert_int_equal(symlink("a.db", arena_printf(a, "%s/files/m.db", f->folder)), 0);
    const struct {
        const char *path;
        enum errcode code;
    } rows[] = {
        {"a.db", ERR_OK},
        {"./data/../a.db", ERR_OK},
        {"m.db", ERR_OK},
        {arena_printf(a, "%s/files/a.db", f->folder), ERR_OK},
        {"../data/store.db", ERR_FORBIDDEN},
        {"l.db", ERR_FORBIDDEN},
        {"../files2/c.db", ERR_FORBIDDEN},
        {arena_printf(a, "%s/files2/c.db", f->folder), ERR_FORBIDDEN},
        {"/etc/passwd", ERR_FORBIDDEN},
        {"gone.db", ERR_NOT_FOUND},
        {"", ERR_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(rows[i].path, judge_path(f, rows[i].path), rows[i].code);
    }
    /* a link that is followed is not followed again when the file is opened */
    struct engine_options o = {.path = "m.db"};
    assert_int_equal(source_place_judge(&f->settings, &file, a, &o, true, NULL), ERR_OK);
    assert_true(str_starts(str_of(strrchr(o.path, '/')), STR("/a.db")));
    /* the folder of the operator may hold the data folder, which stays closed */
    f->settings.text[SETTING_DATA] = arena_printf(a, "%s/files/data", f->folder);
    assert_int_equal(judge_path(f, "data/b.db"), ERR_FORBIDDEN);
    assert_int_equal(judge_path(f, "a.db"), ERR_OK);
    /* the same for the certificates that are trusted */
    struct engine_options ca = {.host = "93.184.216.34", .tls_ca = "/etc/passwd"};
    assert_int_equal(judge(f, &server, ca, true), ERR_FORBIDDEN);
}

static void what_was_judged_is_what_is_connected_to(void **state)
{
    struct fixture *f = *state;
    struct engine_options o = {.host = "0x5db8d822"};
    assert_int_equal(source_place_judge(&f->settings, &server, f->arena, &o, false, NULL), ERR_OK);
    assert_string_equal(o.host, "93.184.216.34");
    o.host = "0x5db8d822";
    o.tls = TLS_VERIFY; /* the certificate holds the name to the machine */
    assert_int_equal(source_place_judge(&f->settings, &server, f->arena, &o, false, NULL), ERR_OK);
    assert_string_equal(o.host, "0x5db8d822");
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void lists_know_stars_and_no_case(void **state)
{
    (void)state;
    static const char *const allow[] = {"order*", "Customer", "*_log", "a*b*c"};
    static const char *const forbid[] = {"*secret*"};
    struct source s = {.has_allow = true,
                       .allow = {allow, ARRAY_LEN(allow)},
                       .forbid = {forbid, ARRAY_LEN(forbid)}};
    static const struct {
        const char *name;
        bool is_shown;
    } rows[] = {
        {"orders", true},  {"order", true},         {"CUSTOMER", true},       {"customers", false},
        {"web_log", true}, {"_log", true},          {"log", false},           {"axxbyyc", true},
        {"axxbyy", false}, {"order_secret", false}, {"ORDER_SECRETS", false}, {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(rows[i].name, source_shows(&s, rows[i].name), rows[i].is_shown);
    }
    s.has_allow = false;
    assert_true(source_shows(&s, "customers"));
    assert_false(source_shows(&s, "secret"));
    s = (struct source){.has_allow = true};
    assert_false(source_shows(&s, "anything"));
}

/* ---- policy ---------------------------------------------------------------------------------- */

static void a_policy_reads_what_it_wrote(void **state)
{
    struct fixture *f = *state;
    struct source_policy p;
    const char *text =
        "{\"enabled\":false,\"environment\":\"production\",\"restrictTo\":[\"admin\",\"user\"],"
        "\"dryRunMode\":true,\"forbiddenTables\":[\"a\",\"b\"],\"onError\":null}";
    assert_int_equal(source_policy_read(f->arena, text, false, &p, &f->err), ERR_OK);
    assert_false(p.enabled);
    assert_true(p.dry_run_mode);
    assert_true(source_policy_confirms(&p));
    assert_int_equal(p.n_restrict_to, 2);
    assert_int_equal(p.forbidden_tables.n, 2);
    const char *written = source_policy_text(f->arena, &p);
    struct source_policy again;
    assert_int_equal(source_policy_read(f->arena, written, true, &again, &f->err), ERR_OK);
    assert_string_equal(source_policy_text(f->arena, &again), written);
}

static void a_policy_holds_every_kind_of_change(void **state)
{
    (void)state;
    struct source_policy p = source_policy_default(true);
    for (size_t kind = CHANGE_NONE + 1; kind < CHANGE_N; kind++) {
        assert_null(source_policy_why_not(&p, (enum change_kind)kind));
    }
    p = source_policy_default(false);
    assert_string_equal(source_policy_why_not(&p, CHANGE_DROP_TABLE), "enableTableDeletion");
    assert_true(source_policy_confirms(&p));
    p = (struct source_policy){.enabled = true};
    for (size_t kind = CHANGE_NONE + 1; kind < CHANGE_N; kind++) {
        assert_non_null(source_policy_why_not(&p, (enum change_kind)kind));
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(addresses_are_judged_by_who_names_them),
        T(the_list_of_the_operator_binds_everybody),
        T(each_host_of_a_list_is_judged),
        T(files_lie_in_the_folder_of_the_operator),
        T(what_was_judged_is_what_is_connected_to),
        T(lists_know_stars_and_no_case),
        T(a_policy_reads_what_it_wrote),
        T(a_policy_holds_every_kind_of_change),
    };
    return cmocka_run_group_tests_name("app/sources", tests, NULL, NULL);
}
