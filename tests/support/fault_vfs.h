#pragma once

#include <stdatomic.h>

/*
 * A SQLite VFS over the system's own that counts writes and syncs and misbehaves when told to.
 * For test programs only; register once, name it in sqlite_settings.vfs.
 */
#define FAULT_VFS "fault"

struct fault_plan {
    atomic_long n_writes; /* writes, truncates and syncs so far */
    atomic_long n_syncs;
    atomic_long fail_from; /* from the nth on they answer SQLITE_FULL; 0 = never */
    atomic_long fail_once; /* only the nth; 0 = never */
    atomic_long kill_at;   /* at the nth the process is killed; 0 = never */
    atomic_long sync_us;   /* a sync takes so long */
};

extern struct fault_plan fault_plan;

void fault_vfs_register(void);
void fault_plan_reset(void);
