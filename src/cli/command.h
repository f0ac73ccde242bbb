#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/caller.h"
#include "base/buf.h"
#include "cli/cli.h"
#include "cli/options.h"

/*
 * The commands as a table, and what one that runs has in its hands. Help, man page, completions and
 * the check of operands are made from the table; there is no second place to keep in step.
 */
struct cli;
/* Writes its result to c->out; what it answers becomes the exit status, unless c->status says so.
 */
typedef enum errcode command_fn(struct cli *c, struct error *err);

enum command_folder {
    FOLDER_UNUSED = 0, /* no settings are read */
    FOLDER_EXISTING,   /* there must be a data folder */
    FOLDER_ANY,        /* made when it is not there */
};

struct command {
    const char *name;                 /* "user add" */
    const char *operands;             /* "TABLE FILE"; "[X]" may be missing; "" = none */
    const char *summary;              /* one line */
    const char *text;                 /* more for the help; NULL = nothing */
    const char *example;              /* a line or more, without the program's name; NULL = none */
    const struct option_row *options; /* its own; NULL = none */
    enum command_folder folder;
    bool takes_settings; /* every setting is an option of it */
    command_fn *run;
};

/* Tables, one per noun, ended by a row without a name. */
extern const struct command commands_serve[], commands_user[], commands_tenant[], commands_token[],
    commands_source[], commands_transfer[], commands_migrate[], commands_schema[],
    commands_backup[], commands_doctor[], commands_help[];
extern const struct option_row options_global[];

struct cli {
    const struct cli_host *host;
    struct arena *arena;
    const struct command *command;
    struct options options; /* operands are those behind the command's words */
    struct settings settings;
    bool json;
    struct buf out;    /* the result; written to stdout when the command has ended */
    struct str secret; /* a password that was read; p NULL = none */
    int status;        /* 0 = by the error code */
};

#define CLI_OUT_MAX ((size_t)256 << 20)

/** commands_n() - how many there are; commands_at() - the @i-th, in the order of the help. */
size_t commands_n(void);
const struct command *commands_at(size_t i);
/** commands_find() - the command that @words (n of them) begin with; *@n_used = its words. NULL
 *  when there is none. */
const struct command *commands_find(const char *const *words, size_t n, size_t *n_used);
/** commands_is_noun() - @word is the first of a command of two words. */
bool commands_is_noun(const char *word);
/** commands_tables() - the option tables that @command takes (NULL: of all commands), ended by
 *  NULL, in @a. */
const struct option_row *const *commands_tables(struct arena *a, const struct command *command);
/** commands_operand_range() - least and most operands of @command; most -1 = any number. */
void commands_operand_range(const struct command *command, int *least, int *most);

/** cli_operand() - the @i-th operand or NULL. */
const char *cli_operand(const struct cli *c, size_t i);

/* A use case's turn: the caller is made, then @fn is called as a fiber. */
typedef enum errcode cli_caller_fn(struct cli *c, struct caller *caller, struct error *err);
/** cli_as_system() - open the application and call @fn for who works on the data folder, in the
 *  tenant of --tenant. */
enum errcode cli_as_system(struct cli *c, cli_caller_fn *fn, struct error *err) MUST_CHECK;
/** cli_as_platform() - the same whatever --tenant says, which then belongs to what is done. */
enum errcode cli_as_platform(struct cli *c, cli_caller_fn *fn, struct error *err) MUST_CHECK;

/** cli_settings() - from flags, environment and file into *@out. Errors: ERR_USAGE, those of the
 *  file. @arg is the struct cli. */
enum errcode cli_settings(void *arg, struct arena *a, struct settings *out,
                          struct error *err) MUST_CHECK;
/** cli_flags() - only what options say, onto @out. Errors: ERR_USAGE. */
enum errcode cli_flags(const struct options *o, struct settings *out, struct error *err) MUST_CHECK;
/** cli_check_folder() - c->settings name a data folder that is there. Errors: ERR_NOT_FOUND. */
enum errcode cli_check_folder(const struct cli *c, struct error *err) MUST_CHECK;
