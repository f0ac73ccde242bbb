#pragma once

/*
 * What the sanitizers must be told when a stack is left for another one. Empty without them.
 */
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#endif
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define ASAN_LEAVE(save, bottom, n) __sanitizer_start_switch_fiber((save), (bottom), (n))
#define ASAN_ARRIVE(saved, bottom, n) \
    __sanitizer_finish_switch_fiber((saved), (const void **)(bottom), (n))
#define ASAN_FORGET(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define ASAN_LEAVE(save, bottom, n)   ((void)(save), (void)(bottom), (void)(n))
#define ASAN_ARRIVE(saved, bottom, n) ((void)(saved), (void)(bottom), (void)(n))
#define ASAN_FORGET(p, n)             ((void)(p), (void)(n))
#endif

#ifdef WITH_TSAN
#include <sanitizer/tsan_interface.h>
#define TSAN_CREATE()   __tsan_create_fiber(0)
#define TSAN_CURRENT()  __tsan_get_current_fiber()
#define TSAN_SWITCH(f)  __tsan_switch_to_fiber((f), 0)
#define TSAN_DESTROY(f) __tsan_destroy_fiber(f)
#else
#define TSAN_CREATE()   NULL
#define TSAN_CURRENT()  NULL
#define TSAN_SWITCH(f)  ((void)(f))
#define TSAN_DESTROY(f) ((void)(f))
#endif
