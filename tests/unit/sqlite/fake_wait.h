#pragma once

#include <stdatomic.h>

extern atomic_int fake_jobs; /* jobs that were given to workers so far */
extern atomic_int fake_loop; /* what wait_loop() says */
