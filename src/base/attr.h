#pragma once

#include <stddef.h>

/*
 * Compiler attributes under short names, and the few macros every room may use.
 */

#define MUST_CHECK           __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, va) __attribute__((format(printf, fmt, va)))
#define NORETURN             __attribute__((noreturn))
#define FALLTHROUGH          __attribute__((fallthrough))
#define AUTO(fn)             __attribute__((cleanup(fn)))
#define UNUSED               __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* BUG_ON() - end the process when an invariant of our own is broken; never looks at outside input.
 */
#define BUG_ON(cond)                           \
    do {                                       \
        if (__builtin_expect(!!(cond), 0)) {   \
            bug_at(__FILE__, __LINE__, #cond); \
        }                                      \
    } while (0)

/** bug_at() - write where and what to stderr and abort; called by BUG_ON only. */
NORETURN void bug_at(const char *file, int line, const char *what);
