#pragma once

#include <sqlite3.h>
#include <stdbool.h>

/*
 * A mark of what is committed in a file in WAL mode, read from the memory that all who have it open
 * share: two marks that are equal say that nobody, of this process or another, has committed
 * anything between them. No system call, no lock, no statement.
 *
 * What is read are the two copies of the header of the WAL index, which a commit writes one after
 * the other (sqlite.org/walformat.html, "The WAL-Index Header"). Only equal copies are a mark; who
 * meets anything else has none and asks by a statement.
 */
#define WAL_MARK_WORDS 12

struct wal_mark {
    bool is_known;
    unsigned words[WAL_MARK_WORDS];
};

/** wal_index_of() - the index that the connection @db, which has read from its file, has in its
 *  memory; stays as long as the connection. NULL when the file is not in WAL mode. */
const volatile unsigned *wal_index_of(sqlite3 *db);
/** wal_mark_read() - the mark of now; unknown for NULL. */
struct wal_mark wal_mark_read(const volatile unsigned *index);
/** wal_mark_equal() - both are known, and the same. */
bool wal_mark_equal(const struct wal_mark *a, const struct wal_mark *b);
