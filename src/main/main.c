#include <signal.h>
#include <sys/stat.h>

#include "main/host.h"

int main(int argc, char **argv)
{
    (void)umask(077);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write() */
    return cli_main(argc, argv, &cli_host);
}
