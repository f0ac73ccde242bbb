#include "engine/mariadb/errors.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "engine/mariadb/core.h"

static const struct row {
    unsigned number;
    enum errcode code;
    const char *message;
} rows[] = {
    {ER_DUP_ENTRY, ERR_UNIQUE_VIOLATION, "a value that must be unique is there already"},
    {ER_DUP_ENTRY_WITH_KEY_NAME, ERR_UNIQUE_VIOLATION,
     "a value that must be unique is there already"},
    {ER_ROW_IS_REFERENCED, ERR_FOREIGN_KEY_VIOLATION,
     "rows of other tables still refer to this one"},
    {ER_ROW_IS_REFERENCED_2, ERR_FOREIGN_KEY_VIOLATION,
     "rows of other tables still refer to this one"},
    {ER_NO_REFERENCED_ROW, ERR_FOREIGN_KEY_VIOLATION, "a referenced row is missing"},
    {ER_NO_REFERENCED_ROW_2, ERR_FOREIGN_KEY_VIOLATION, "a referenced row is missing"},
    {ER_LOCK_DEADLOCK, ERR_BUSY, "another write was in the way"},
    {ER_LOCK_WAIT_TIMEOUT, ERR_BUSY, "a lock was not free in time"},
    {ER_STATEMENT_TIMEOUT, ERR_TIMEOUT, "the statement took too long"},
    {ER_QUERY_INTERRUPTED, ERR_CANCELLED, "the statement was ended"},
    {ER_NO_SUCH_TABLE, ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile"},
    {ER_BAD_FIELD_ERROR, ERR_SCHEMA_MOVED, "the structure of the table changed meanwhile"},
    {ER_BAD_DB_ERROR, ERR_NOT_FOUND, "the namespace is not there"},
    {ER_PARSE_ERROR, ERR_INVALID, "the server does not take the text"},
};

static bool is_gone(unsigned number)
{
    return number == CR_SERVER_GONE_ERROR || number == CR_SERVER_LOST ||
           number == CR_SERVER_LOST_EXTENDED || number == ER_CONNECTION_KILLED ||
           number == ER_SERVER_SHUTDOWN;
}

enum errcode my_error(struct my_conn *c, MYSQL_STMT *stmt, const char *doing, struct error *err)
{
    unsigned number = stmt ? mysql_stmt_errno(stmt) : mysql_errno(c->mysql);
    const char *message = stmt ? mysql_stmt_error(stmt) : mysql_error(c->mysql);
    if (c->ended != ERR_OK || is_gone(number)) {
        c->is_broken = true;
        bool was_ours = c->ended == ERR_CANCELLED;
        return was_ours ? ERROR(err, ERR_CANCELLED, "the work was cancelled")
                        : ERROR(err, ERR_UNAVAILABLE, "the database does not answer");
    }
    enum errcode code = ERR_INTERNAL;
    const char *text = NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows) && !text; i++) {
        if (rows[i].number == number) {
            code = rows[i].code;
            text = rows[i].message;
        }
    }
    if (text) {
        (void)ERROR(err, code, "%s", text);
    } else {
        (void)ERROR(err, code, "%s failed", doing);
    }
    if (err) {
        err->engine_code = (int)number;
        (void)error_detail(err, "%s: %s", doing, message);
    }
    return code;
}

enum errcode my_connect_error(struct my_conn *c, struct error *err)
{
    static const unsigned refusals[] = {
        ER_ACCESS_DENIED_ERROR,  ER_DBACCESS_DENIED_ERROR,   ER_ACCESS_DENIED_NO_PASSWORD_ERROR,
        ER_BAD_DB_ERROR,         ER_HOST_NOT_PRIVILEGED,     ER_NOT_SUPPORTED_AUTH_MODE,
        CR_SSL_CONNECTION_ERROR, CR_AUTH_PLUGIN_CANNOT_LOAD, ER_MUST_CHANGE_PASSWORD_LOGIN,
    };
    unsigned number = mysql_errno(c->mysql);
    if (c->ended == ERR_CANCELLED) {
        return ERROR(err, ERR_CANCELLED, "the work was cancelled");
    }
    enum errcode code = ERR_UNAVAILABLE;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        code = number == refusals[i] ? ERR_SOURCE_REFUSED : code;
    }
    if (code == ERR_SOURCE_REFUSED) {
        (void)ERROR(err, code, "the database refused the connection: %s", mysql_error(c->mysql));
    } else {
        (void)ERROR(err, code, "the database does not answer");
        (void)error_detail(err, "%s", mysql_error(c->mysql));
    }
    if (err) {
        err->engine_code = (int)number;
    }
    return code;
}
