/*
 * Preloaded into a server under test. Once SIGUSR1 came, the process is killed in front of its n-th
 * write or sync (TELAIO_TEST_KILL_AT=n), as a power cut or kill -9 would do it. With n = 0 it only
 * counts, and tells the count in TELAIO_TEST_KILL_COUNT (a file) each time.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_bool is_armed;
static atomic_long count;
static long kill_at;
static int count_file = -1;

static void arm(int signal_number)
{
    (void)signal_number;
    atomic_store(&is_armed, true);
}

__attribute__((constructor)) static void start(void)
{
    const char *at = getenv("TELAIO_TEST_KILL_AT");
    const char *file = getenv("TELAIO_TEST_KILL_COUNT");
    struct sigaction action = {.sa_handler = arm, .sa_flags = SA_RESTART};
    kill_at = at ? strtol(at, NULL, 10) : 0;
    if (file) {
        count_file = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    }
    sigaction(SIGUSR1, &action, NULL);
}

static void tell(long n)
{
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", n);
    if (count_file >= 0 && real(count_file, text, (size_t)length, 0) != length) {
        abort();
    }
}

static void step(void)
{
    if (!atomic_load(&is_armed)) {
        return;
    }
    long n = atomic_fetch_add(&count, 1) + 1;
    tell(n);
    if (n == kill_at) {
        kill(getpid(), SIGKILL);
    }
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    step();
    return real(fd, p, n, at);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    step();
    return real(fd, p, n, at);
}

int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    step();
    return real(fd);
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    step();
    return real(fd);
}
