/*
 * Preloaded into a server that is measured where a sync costs next to nothing: the VFS "fault"
 * waits BENCH_SYNC_US microseconds in every sync, as a disk would.
 */
#include <stdlib.h>

#include "../support/fault_vfs.h"

__attribute__((constructor)) static void offer_slow_vfs(void)
{
    const char *us = getenv("BENCH_SYNC_US");
    if (us) {
        fault_vfs_register();
        atomic_store(&fault_plan.sync_us, strtol(us, NULL, 10));
    }
}
