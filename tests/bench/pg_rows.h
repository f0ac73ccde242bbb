/*
 * What the yardsticks on PostgreSQL share: the statements that Telaio runs too, on a connection
 * that is set up as its are, and rows written as the same JSON.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS \
    "\"id\",\"email\",\"name\",\"age\",\"balance\",\"stage\",\"created_at\",\"updated_at\",\"created_by\""

static const char *const names[] = {"id",    "email",      "name",       "age",       "balance",
                                    "stage", "created_at", "updated_at", "created_by"};
static const bool is_bare[] = {false, false, false, true, true, false, false, false, true};
static const bool is_instant[] = {false, false, false, false, false, false, true, true, false};

static void run(PGconn *pq, const char *sql)
{
    PGresult *r = PQexec(pq, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(pq));
        exit(1);
    }
    PQclear(r);
}

static void prepare(PGconn *pq, const char *name, const char *sql)
{
    PGresult *r = PQprepare(pq, name, sql, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(pq));
        exit(1);
    }
    PQclear(r);
}

/* A connection with "one" (by id, $1) and "list" (by stage, $1) prepared. */
static PGconn *connect_database(const char *conninfo, const char *schema)
{
    char path[256];
    PGconn *pq = PQconnectdb(conninfo);
    if (PQstatus(pq) != CONNECTION_OK) {
        fprintf(stderr, "%s", PQerrorMessage(pq));
        exit(1);
    }
    snprintf(path, sizeof path, "SET search_path = \"%s\"", schema);
    run(pq, path);
    run(pq, "SET TimeZone = 'UTC'");
    run(pq, "SET jit = off");
    prepare(pq, "one", "SELECT " COLUMNS " FROM custom_contacts WHERE id = $1 LIMIT 1");
    prepare(pq, "list",
            "SELECT " COLUMNS " FROM custom_contacts WHERE stage = $1 "
            "ORDER BY name, id LIMIT 50");
    return pq;
}

static size_t put(char *out, size_t at, const char *s, size_t n)
{
    memcpy(out + at, s, n);
    return at + n;
}

/* Any text of the database may stand in it, so every byte is looked at. */
static size_t put_text(char *out, size_t at, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\') {
            out[at++] = '\\';
            out[at++] = s[i];
        } else if (c < 0x20) {
            at += (size_t)sprintf(out + at, "\\u%04x", c);
        } else {
            out[at++] = s[i];
        }
    }
    return at;
}

/* "2026-01-31 12:30:00.5+00" */
static size_t put_instant(char *out, size_t at, const char *s, size_t n)
{
    size_t from = at;
    at = put(out, at, s, n - 3);
    out[from + 10] = 'T';
    out[at++] = 'Z';
    return at;
}

static size_t put_row(char *out, const PGresult *r, int row, size_t at)
{
    for (int i = 0; i < 9; i++) {
        at = put(out, at, i ? ",\"" : "{\"", 2);
        at = put(out, at, names[i], strlen(names[i]));
        at = put(out, at, "\":", 2);
        const char *text = PQgetvalue(r, row, i);
        size_t n = (size_t)PQgetlength(r, row, i);
        if (PQgetisnull(r, row, i)) {
            at = put(out, at, "null", 4);
        } else if (is_bare[i]) {
            at = put(out, at, text, n);
        } else {
            out[at++] = '"';
            at = is_instant[i] ? put_instant(out, at, text, n) : put_text(out, at, text, n);
            out[at++] = '"';
        }
    }
    out[at++] = '}';
    return at;
}

/* A row, or a list of rows, or what /healthz says when @r is NULL; gives where it ends. */
static size_t put_body(char *out, const PGresult *r, bool is_list, size_t at)
{
    if (!r) {
        return put(out, at, "{\"status\":\"ok\"}", 15);
    }
    if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        fprintf(stderr, "%s", PQresultErrorMessage(r));
        exit(1);
    }
    if (is_list) {
        out[at++] = '[';
    }
    for (int i = 0; i < PQntuples(r); i++) {
        if (i) {
            out[at++] = ',';
        }
        at = put_row(out, r, i, at);
    }
    if (is_list) {
        out[at++] = ']';
    }
    return at;
}
