#pragma once

#include <mysql.h>

#include "catalog/catalog.h"

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
    struct catalog *catalog;
};

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
