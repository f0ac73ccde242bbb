#include "engine/mariadb/mariadb_engine.h"

#include "base/attr.h"
#include "base/time.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/lock.h"
#include "engine/mariadb/type_list.h"
#include "engine/mariadb/types.h"
#include "engine/sqlcommon/sql_view.h"

#define OLDEST 100500 /* RETURNING */

static struct mariadb_engine *of(struct engine *e)
{
    return (struct mariadb_engine *)e;
}

static void close_engine(struct engine *engine)
{
    struct mariadb_engine *e = of(engine);
    my_pools_free(e);
    for (size_t i = 0; i < e->by_database.n; i++) {
        struct my_namespace *n = e->by_database.entries[i].value;
        my_estimates_free(n);
        pthread_mutex_destroy(&n->lock);
    }
    pthread_mutex_destroy(&e->lock);
    arena_free(e->arena);
}

static enum errcode ping(struct engine *engine, struct error *err)
{
    struct my_conn *c = NULL;
    TRY(my_take_near(of(engine), NULL, &c, err));
    enum errcode code = my_run(c, "DO 1", NULL, err);
    my_give(c);
    return code;
}

static const char *view_text(struct engine *engine, struct arena *a, const struct engine_view *v)
{
    (void)engine;
    return sql_view_text(a, &mariadb_dialect, v);
}

static const struct engine_ops mariadb_ops = {
    .name = "mariadb",
    .close = close_engine,
    .ping = ping,
    .namespace_create = mariadb_namespace_create,
    .namespace_drop = mariadb_namespace_drop,
    .namespace_exists = mariadb_namespace_exists,
    .session_begin = mariadb_session_begin,
    .session_end = mariadb_session_end,
    .transact = mariadb_transact,
    .generation = mariadb_generation,
    .view_text = view_text,
    .lock = mariadb_lock,
    .lock_holds = mariadb_lock_holds,
    .unlock = mariadb_unlock,
    .inspect = mariadb_inspect,
    .plan = mariadb_plan,
    .rehearse = mariadb_rehearse,
    .group_begin = mariadb_group_begin,
    .run_step = mariadb_run_step,
    .group_end = mariadb_group_end,
    .select = mariadb_select,
    .cursor_next = mariadb_cursor_next,
    .cursor_close = mariadb_cursor_close,
    .write = mariadb_write,
    .row_estimate = mariadb_row_estimate,
    .bulk_begin = mariadb_bulk_begin,
    .bulk_row = mariadb_bulk_row,
    .bulk_end = mariadb_bulk_end,
};

static int or_default(int given, int standard)
{
    return given > 0 ? given : standard;
}

static void copy_options(struct mariadb_engine *e, const struct engine_options *o)
{
    struct engine_options *to = &e->options;
    *to = *o;
    to->host = arena_strdup(e->arena, o->host && o->host[0] ? o->host : "localhost");
    to->database = arena_strdup(e->arena, o->database);
    to->user = arena_strdup(e->arena, o->user);
    to->password = arena_strdup(e->arena, o->password);
    to->tls_ca = arena_strdup(e->arena, o->tls_ca);
    to->prefix = arena_strdup(e->arena, o->prefix ? o->prefix : "telaio_");
    to->application_name =
        arena_strdup(e->arena, o->application_name ? o->application_name : "telaio");
    to->port = or_default(o->port, 3306);
    to->connections = or_default(o->connections, 20);
    to->connect_ms = or_default(o->connect_ms, 5000);
    to->statement_ms = or_default(o->statement_ms, 60000);
    to->lock_ms = or_default(o->lock_ms, 2000);
    to->lease_ms = or_default(o->lease_ms, o->is_attached ? 2000 : 1000);
}

/* One statement for all that a session of ours relies on. */
static const char *settings_text(struct mariadb_engine *e)
{
    const struct engine_options *o = &e->options;
    int lock_s = (o->lock_ms + 999) / 1000;
    const char *common = arena_printf(
        e->arena,
        "SET NAMES utf8mb4 COLLATE %s, SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,"
        "NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
        "NO_AUTO_VALUE_ON_ZERO,PIPES_AS_CONCAT', SESSION time_zone = '+00:00', SESSION "
        "foreign_key_checks = 1, SESSION unique_checks = 1, SESSION autocommit = 1, SESSION "
        "net_write_timeout = 600, SESSION lock_wait_timeout = %d, SESSION "
        "innodb_lock_wait_timeout = %d",
        e->is_mysql ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin", lock_s, lock_s);
    if (e->is_mysql) {
        return arena_printf(e->arena,
                            "%s, SESSION max_execution_time = %d, SESSION transaction_isolation = "
                            "'SERIALIZABLE', SESSION transaction_read_only = %d",
                            common, o->statement_ms, o->is_read_only);
    }
    return arena_printf(e->arena,
                        "%s, SESSION max_statement_time = %d.%03d, SESSION tx_isolation = "
                        "'SERIALIZABLE', SESSION tx_read_only = %d",
                        common, o->statement_ms / 1000, o->statement_ms % 1000, o->is_read_only);
}

/* "5.5.5-10.11.19-MariaDB-0+deb12u1": replication's old prefix may stand first. */
static int version_of(const char *text)
{
    int parts[3] = {0};
    const char *at = strncmp(text, "5.5.5-", 6) == 0 ? text + 6 : text;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        while (*at >= '0' && *at <= '9' && parts[i] < 10000) {
            parts[i] = parts[i] * 10 + (*at++ - '0');
        }
        if (*at != '.') {
            break;
        }
        at++;
    }
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

static enum errcode learn(struct mariadb_engine *e, struct error *err)
{
    struct my_conn *c = NULL;
    MYSQL_RES *r = NULL;
    e->settings = "DO 1";
    TRY(my_connect(e, e->options.is_attached ? e->options.database : NULL, &c, err));
    enum errcode code = my_ask(c, "SELECT version(), @@max_allowed_packet", NULL, 0, &r, err);
    if (code == ERR_OK) {
        MYSQL_ROW row = mysql_fetch_row(r);
        int64_t packet = 0;
        const char *text = arena_strdup(e->arena, row[0]);
        e->packet_max = str_int64(str_of(row[1]), &packet) ? (size_t)packet : 1 << 20;
        mysql_free_result(r);
        struct str first = str_of(text); /* "10.11.19-MariaDB-0+deb12u1" */
        first.n = str_find(first, '-');
        e->base.version = arena_str(e->arena, first);
        e->version = version_of(text);
        e->is_mysql = !strcasestr(text, "mariadb");
        e->settings = settings_text(e);
        if (e->version < (e->is_mysql ? 80000 : OLDEST)) {
            code = ERROR(err, ERR_UNSUPPORTED, "the server is too old: %s", text);
        }
    }
    if (code == ERR_OK) {
        code = my_run(c, e->settings, NULL, err);
    }
    my_close(c);
    return code;
}

static enum errcode open_engine(const struct engine_options *o, struct engine **out,
                                struct error *err)
{
    if (o->is_attached && (!o->database || !o->database[0])) {
        return ERROR(err, ERR_INVALID, "an attached source needs the name of its database");
    }
    BUG_ON(mysql_server_init(0, NULL, NULL) != 0);
    struct arena *a = arena_new();
    struct mariadb_engine *e = ARENA_NEW(a, struct mariadb_engine);
    e->arena = a;
    BUG_ON(pthread_mutex_init(&e->lock, NULL) != 0);
    map_init(&e->by_name, a, false);
    map_init(&e->by_database, a, false);
    copy_options(e, o);
    enum errcode code = learn(e, err);
    if (code != ERR_OK) {
        close_engine(&e->base);
        return code;
    }
    e->base.caps = (struct engine_caps){.foreign_keys = true,
                                        .rehearse = true,
                                        .checks = true,
                                        .defaults = true,
                                        .comments = true,
                                        .generated_columns = true,
                                        .virtual_columns = true,
                                        .column_position = true,
                                        .identity_columns = true,
                                        .composite_keys = true,
                                        .text_lengths = true,
                                        .views = true,
                                        .triggers = true,
                                        .transactions = true,
                                        .bulk_load = true,
                                        .descending_indexes = e->version >= 100800 || e->is_mysql,
                                        .identifier_max = MY_NAME_MAX};
    e->ops = mariadb_ops;
    engine_register(&e->base, &e->ops);
    *out = &e->base;
    return ERR_OK;
}

static const char *const schemes[] = {"mariadb", "mysql", NULL};

const struct engine_kind mariadb_kind = {
    .name = "mariadb",
    .label = "MariaDB",
    .schemes = schemes,
    .port = 3306,
    .types = my_type_list,
    .n_types = MY_TYPE_LIST_N,
    .open = open_engine,
};
