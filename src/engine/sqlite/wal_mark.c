#include "engine/sqlite/wal_mark.h"

#include <stdatomic.h>
#include <string.h>

#define REGION_BYTES 32768
#define INDEX_FORMAT 3007000 /* the first word of a header */

/* A connection in WAL mode keeps a lock on its file that lets nobody change the mode. */
static bool is_wal(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    bool is = sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL) == SQLITE_OK &&
              sqlite3_step(stmt) == SQLITE_ROW &&
              sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
    (void)sqlite3_finalize(stmt);
    return is;
}

const volatile unsigned *wal_index_of(sqlite3 *db)
{
    sqlite3_file *file = NULL;
    void volatile *region = NULL;
    if (!is_wal(db) ||
        sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file ||
        !file->pMethods || file->pMethods->iVersion < 2 || !file->pMethods->xShmMap) {
        return NULL;
    }
    int rc = file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &region);
    return rc == SQLITE_OK ? region : NULL;
}

struct wal_mark wal_mark_read(const volatile unsigned *index)
{
    struct wal_mark m = {.is_known = index && index[0] == INDEX_FORMAT};
    for (size_t i = 0; i < WAL_MARK_WORDS && m.is_known; i++) {
        m.words[i] = index[i];
    }
    atomic_thread_fence(memory_order_seq_cst); /* they are written the other way round */
    for (size_t i = 0; i < WAL_MARK_WORDS && m.is_known; i++) {
        m.is_known = m.words[i] == index[WAL_MARK_WORDS + i];
    }
    return m;
}

bool wal_mark_equal(const struct wal_mark *a, const struct wal_mark *b)
{
    return a->is_known && b->is_known && memcmp(a->words, b->words, sizeof a->words) == 0;
}
