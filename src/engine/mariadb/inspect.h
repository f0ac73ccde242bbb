#pragma once

#include <mysql.h>

#include "base/map.h"
#include "catalog/catalog.h"
#include "engine/mariadb/conn.h"

/*
 * One reading of a database: what information_schema says of all its tables, a result each. There
 * is no snapshot, so the same is read twice and must be the same.
 */
enum my_section {
    MY_TABLES = 0,  /* name, type, engine, rows, comment, options */
    MY_COLUMNS,     /* table, name, type, nullable, default, extra, collation, comment, generated */
    MY_INDEXES,     /* table, name, non-unique, column, part, A or D, type */
    MY_CHECKS,      /* table, name, level, text */
    MY_KEY_COLUMNS, /* table, name, column, referenced table, referenced column */
    MY_KEY_RULES,   /* table, name, on update, on delete */
    MY_TRIGGERS,    /* table, name, time, event, statement, definer, sql_mode */
    MY_VIEWS,       /* name, text */
    MY_SECTIONS
};

struct my_reading {
    struct arena *arena;
    bool is_mysql;
    const char *database;
    MYSQL_RES *results[MY_SECTIONS];
    struct map whole; /* texts that information_schema cannot tell, see inspect_text.c */
    struct catalog *catalog;
};

/** my_read_whole() - the texts that the results have a "?" in, from SHOW CREATE. */
enum errcode my_read_whole(struct my_conn *c, struct my_reading *r, struct error *err) MUST_CHECK;
/** my_whole() - @cell of @table's part @name as it really is; @what: "type", "default",
 * "generated", "check", "comment" or "trigger". */
const char *my_whole(struct my_reading *r, const char *table, const char *what, const char *name,
                     const char *cell);

/* inspect_table.c: each takes one row and puts it where it belongs in r->catalog. */
void my_take_table(struct my_reading *r, MYSQL_ROW row);
void my_take_column(struct my_reading *r, MYSQL_ROW row);
void my_take_index(struct my_reading *r, MYSQL_ROW row);
void my_take_check(struct my_reading *r, MYSQL_ROW row);
void my_take_key_column(struct my_reading *r, MYSQL_ROW row);
void my_take_key_rule(struct my_reading *r, MYSQL_ROW row);
void my_take_trigger(struct my_reading *r, MYSQL_ROW row);
void my_take_view(struct my_reading *r, MYSQL_ROW row);
/** my_hide_key_indexes() - what MariaDB made for a foreign key is not part of the schema, nor are
 *  the indexes of a table in the trash. */
void my_hide_key_indexes(struct table *t);
