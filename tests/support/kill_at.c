/*
 * Preloaded into a server under test. Once SIGUSR1 came, the process is killed in front of its n-th
 * write or sync (TELAIO_TEST_KILL_AT=n), as a power cut or kill -9 would do it. With n = 0 it only
 * counts, and tells the count in TELAIO_TEST_KILL_COUNT (a file) each time.
 *
 * With TELAIO_TEST_KILL_SENDS=1 it is what is sent through a socket that counts: each question to a
 * database server. TELAIO_TEST_KILL_PID names another process to be killed instead of this one, a
 * process of the database server: the question is sent when its connection is broken.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define BROKEN_MS 5000

static atomic_bool is_armed;
static atomic_long count;
static long kill_at;
static int count_file = -1;
static bool counts_sends;
static pid_t victim; /* 0 = this process */

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
    const char *other = getenv("TELAIO_TEST_KILL_PID");
    kill_at = at ? strtol(at, NULL, 10) : 0;
    victim = other ? (pid_t)strtol(other, NULL, 10) : 0;
    counts_sends = getenv("TELAIO_TEST_KILL_SENDS") != NULL;
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

/* @fd: the socket that is sent through, -1 = it is a file. */
static void step(int fd)
{
    if (!atomic_load(&is_armed) || counts_sends != (fd >= 0)) {
        return;
    }
    long n = atomic_fetch_add(&count, 1) + 1;
    tell(n);
    if (n != kill_at) {
        return;
    }
    kill(victim ? victim : getpid(), SIGKILL);
    if (victim) {
        struct pollfd broken = {.fd = fd, .events = POLLRDHUP};
        poll(&broken, 1, BROKEN_MS);
    }
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
    ssize_t (*real)(int, const void *, size_t, int) =
        (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    step(fd);
    return real(fd, p, n, flags);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    step(-1);
    return real(fd, p, n, at);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    step(-1);
    return real(fd, p, n, at);
}

int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    step(-1);
    return real(fd);
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    step(-1);
    return real(fd);
}
