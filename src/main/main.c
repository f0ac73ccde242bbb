#include <signal.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "engine/kind.h"
#include "main/host.h"

/* Everybody on the machine sees the command line of a process: we work on a copy, and what may be a
   password is blotted out where it can be seen. */
static char **take_words(struct arena *a, int argc, char **argv)
{
    char **words = ARENA_ARRAY(a, (size_t)argc + 1, char *);
    for (int i = 0; i < argc; i++) {
        words[i] = arena_strdup(a, argv[i]);
        engine_address_blot(argv[i]);
    }
    return words;
}

int main(int argc, char **argv)
{
    (void)umask(077);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write() */
    AUTO(arena_freep) struct arena *a = arena_new();
    return cli_main(argc, take_words(a, argc, argv), &cli_host);
}
