#include "cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/output.h"

#define LINE_MAX_BYTES 4096

/* One line, byte by byte: what comes behind it belongs to somebody else. */
static enum errcode read_line(struct arena *a, int fd, struct str *out, struct error *err)
{
    char *line = arena_alloc(a, LINE_MAX_BYTES);
    size_t n = 0;
    for (;;) {
        ssize_t got = read(fd, line + n, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return ERROR(err, ERR_IO, "the password cannot be read: %s", strerror(errno));
        }
        if (got == 0 || line[n] == '\n') {
            break;
        }
        if (++n == LINE_MAX_BYTES) {
            return ERROR(err, ERR_USAGE, "the password is longer than %d bytes", LINE_MAX_BYTES);
        }
    }
    n -= n > 0 && line[n - 1] == '\r';
    line[n] = '\0';
    *out = (struct str){line, n};
    return ERR_OK;
}

static enum errcode ask(struct arena *a, int fd, const char *question, struct str *out,
                        struct error *err)
{
    TRY(output_write(fd, question, strlen(question), err));
    enum errcode code = read_line(a, fd, out, err);
    TRY(output_write(fd, "\n", 1, err));
    return code;
}

static enum errcode ask_twice(struct arena *a, int fd, struct str *out, struct error *err)
{
    struct str again;
    TRY(ask(a, fd, "Password: ", out, err));
    TRY(ask(a, fd, "Again: ", &again, err));
    return str_eq(*out, again) ? ERR_OK : ERROR(err, ERR_USAGE, "the two passwords differ");
}

static enum errcode ask_terminal(struct arena *a, struct str *out, struct error *err)
{
    struct termios shown, hidden;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &shown) != 0) {
        if (fd >= 0) {
            (void)close(fd); /* nothing was written */
        }
        return ERROR(err, ERR_USAGE,
                     "there is no terminal to ask for the password: give it with "
                     "--password-stdin");
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    enum errcode code = tcsetattr(fd, TCSAFLUSH, &hidden) == 0
                            ? ask_twice(a, fd, out, err)
                            : ERROR(err, ERR_IO, "the terminal would show the password");
    (void)tcsetattr(fd, TCSAFLUSH, &shown); /* as it was; if not, the shell mends it */
    (void)close(fd);
    return code;
}

enum errcode secret_read(struct cli *c, struct str *out, struct error *err)
{
    if (options_flag(&c->options, "password-stdin")) {
        return read_line(c->arena, STDIN_FILENO, out, err);
    }
    return ask_terminal(c->arena, out, err);
}
