#pragma once

#include "base/arena.h"
#include "engine/plan.h"

/* The steps of the group that is open: run again after a lock was not free. */
struct pg_group {
    const char **done;
    size_t n_done;
    bool is_transaction;
    bool has_rows; /* were written between the steps: they would not come again */
};

/** pg_text_in_transaction() - the text of @step as it runs where a transaction is open: builds
 *  beside the traffic cannot. */
const char *pg_text_in_transaction(struct arena *a, const struct plan_step *step);
