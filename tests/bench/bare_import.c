/*
 * The yardstick of the import: prepared inserts of a CSV's fields in one transaction.
 *     bare_import FILE CSV      prints the seconds
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    double started = now();
    sqlite3 *db;
    sqlite3_stmt *s;
    if (sqlite3_open(argv[1], &db) != SQLITE_OK) {
        return 1;
    }
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN", NULL, NULL, NULL);
    if (sqlite3_prepare_v2(db,
                           "INSERT INTO custom_contacts (id, tenant_id, email, name, age, "
                           "balance, stage, created_at, updated_at, created_by) VALUES "
                           "(?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1)",
                           -1, &s, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(db));
        return 1;
    }
    FILE *file = fopen(argv[2], "r");
    char line[4096];
    long n = 0;
    if (!file || !fgets(line, sizeof line, file)) {
        return 1;
    }
    while (fgets(line, sizeof line, file)) {
        char id[37];
        snprintf(id, sizeof id, "00000000-0000-7000-8000-%012ld", n++);
        sqlite3_bind_text(s, 1, id, 36, SQLITE_STATIC);
        char *save, *field = strtok_r(line, ",\n", &save);
        for (int i = 2; i <= 6 && field; i++, field = strtok_r(NULL, ",\n", &save)) {
            if (i == 4) {
                sqlite3_bind_int64(s, i, atoll(field));
            } else {
                sqlite3_bind_text(s, i, field, -1, SQLITE_STATIC);
            }
        }
        sqlite3_bind_text(s, 7, "2026-01-01T00:00:00.000000Z", -1, SQLITE_STATIC);
        if (sqlite3_step(s) != SQLITE_DONE) {
            fprintf(stderr, "%s\n", sqlite3_errmsg(db));
            return 1;
        }
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        return 1;
    }
    sqlite3_close(db);
    printf("%ld rows %.3f\n", n, now() - started);
    return 0;
}
