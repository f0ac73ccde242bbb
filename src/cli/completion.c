#include "base/str.h"
#include "cli/help.h"

/*
 * Completion scripts. Each knows the words of every command and its options from the table; after
 * an option that takes a file or a folder the shell's own file names follow.
 */

static bool takes_path(const struct option_row *o)
{
    return o->argument && (text_eq(o->argument, "DIR") || text_eq(o->argument, "FILE"));
}

/* First words, each once. */
static void first_words(struct buf *out)
{
    struct str last = {0};
    for (size_t i = 0; i < commands_n(); i++) {
        struct str name = str_of(commands_at(i)->name);
        struct str first = {name.p, str_find(name, ' ')};
        if (!str_eq(first, last)) {
            buf_adds(out, i ? " " : "");
            buf_add_str(out, first);
        }
        last = first;
    }
}

static void second_words(struct str noun, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < commands_n(); i++) {
        struct str name = str_of(commands_at(i)->name);
        size_t space = str_find(name, ' ');
        if (space < name.n && str_eq(noun, (struct str){name.p, space})) {
            buf_adds(out, any ? " " : "");
            buf_add_str(out, str_sub(name, space + 1));
            any = true;
        }
    }
}

typedef void noun_fn(struct str noun, struct buf *out);

static void each_noun(noun_fn *fn, struct buf *out)
{
    struct str last = {0};
    for (size_t i = 0; i < commands_n(); i++) {
        struct str name = str_of(commands_at(i)->name);
        struct str first = {name.p, str_find(name, ' ')};
        if (first.n < name.n && !str_eq(first, last)) {
            fn(first, out);
        }
        last = first;
    }
}

static void option_words(struct arena *a, const struct command *c, struct buf *out)
{
    bool any = false;
    for (const struct option_row *const *t = commands_tables(a, c); *t; t++) {
        for (const struct option_row *o = *t; o->name; o++) {
            buf_printf(out, "%s--%s", any ? " " : "", o->name);
            any = true;
        }
    }
}

/* ---- bash --------------------------------------------------------------------------------------
 */

static void bash_noun(struct str noun, struct buf *out)
{
    buf_printf(out, "        %.*s) words=\"", (int)noun.n, noun.p);
    second_words(noun, out);
    buf_adds(out, "\" ;;\n");
}

/* The options that take a value: the word behind them is none of a command. */
static void bash_valued(struct arena *a, bool paths, struct buf *out)
{
    bool any = false;
    for (const struct option_row *const *t = commands_tables(a, NULL); *t; t++) {
        for (const struct option_row *o = *t; o->name; o++) {
            if (o->argument && (!paths || takes_path(o))) {
                buf_printf(out, "%s--%s", any ? "|" : "", o->name);
                any = true;
            }
        }
    }
}

static void bash(struct arena *a, struct buf *out)
{
    buf_adds(out, "# bash completion of telaio; made by: telaio completion bash\n"
                  "_telaio() {\n"
                  "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "    local first= second= words= i\n"
                  "    case $prev in\n        ");
    bash_valued(a, true, out);
    buf_adds(out, ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n        ");
    bash_valued(a, false, out);
    buf_adds(out, ") return ;;\n    esac\n"
                  "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                  "        case ${COMP_WORDS[i]} in\n            ");
    bash_valued(a, false, out);
    buf_adds(out, ") ((i++)) ;;\n"
                  "            -*) ;;\n"
                  "            *) if [ -z \"$first\" ]; then first=${COMP_WORDS[i]}\n"
                  "               elif [ -z \"$second\" ]; then second=${COMP_WORDS[i]}; fi ;;\n"
                  "        esac\n    done\n"
                  "    case $first in\n        '') words=\"");
    first_words(out);
    buf_adds(out, "\" ;;\n");
    each_noun(bash_noun, out);
    buf_adds(out, "    esac\n"
                  "    if [ -n \"$second\" ]; then words=; fi\n"
                  "    case \"$first $second\" in\n");
    for (size_t i = 0; i < commands_n(); i++) {
        const struct command *c = commands_at(i);
        struct str name = str_of(c->name);
        buf_printf(out, "        \"%s%s\"*) words=\"$words ", c->name,
                   str_find(name, ' ') < name.n ? "" : " ");
        option_words(a, c, out);
        buf_adds(out, "\" ;;\n");
    }
    buf_adds(out,
             "    esac\n"
             "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
             "    if [ ${#COMPREPLY[@]} = 0 ]; then COMPREPLY=($(compgen -f -- \"$cur\")); fi\n"
             "}\n"
             "complete -F _telaio telaio\n");
}

/* ---- zsh ---------------------------------------------------------------------------------------
 */

/* A word of _arguments or _describe: colons, brackets and quotes are their own. */
static void zsh_text(const char *text, struct buf *out)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'') {
            buf_adds(out, "'\\''");
            continue;
        }
        if (*c == ':' || *c == '[' || *c == ']' || *c == '\\') {
            buf_addc(out, '\\');
        }
        buf_addc(out, *c);
    }
}

static void zsh_option(const struct option_row *o, struct buf *out)
{
    buf_printf(out, " \\\n                '%s--%s%s[", o->is_repeated ? "*" : "", o->name,
               o->argument ? "=" : "");
    zsh_text(o->help, out);
    buf_addc(out, ']');
    if (o->argument) {
        buf_addc(out, ':');
        zsh_text(o->argument, out);
        buf_adds(out, takes_path(o) ? ":_files" : ":");
    }
    buf_addc(out, '\'');
}

static void zsh(struct arena *a, struct buf *out)
{
    buf_adds(out, "#compdef telaio\n# made by: telaio completion zsh\n_telaio() {\n"
                  "    local -a commands\n    local word name=\n    commands=(\n");
    for (size_t i = 0; i < commands_n(); i++) {
        buf_adds(out, "        '");
        zsh_text(commands_at(i)->name, out);
        buf_addc(out, ':');
        zsh_text(commands_at(i)->summary, out);
        buf_adds(out, "'\n");
    }
    buf_adds(out, "    )\n"
                  "    if ((CURRENT == 2)); then\n"
                  "        local -aU firsts\n"
                  "        firsts=(${${commands%%:*}%% *})\n"
                  "        compadd -a firsts\n"
                  "        return\n"
                  "    fi\n"
                  "    if ((CURRENT == 3)); then\n"
                  "        local -a seconds\n"
                  "        seconds=(${${(M)${commands%%:*}:#$words[2] *}#* })\n"
                  "        if ((${#seconds})); then compadd -a seconds; return; fi\n"
                  "    fi\n"
                  "    for word in \"$words[2] $words[3]\" \"$words[2]\"; do\n"
                  "        if [[ -z $name && -n ${(M)commands:#$word:*} ]]; then name=$word; fi\n"
                  "    done\n"
                  "    case $name in\n");
    for (size_t i = 0; i < commands_n(); i++) {
        const struct command *c = commands_at(i);
        buf_printf(out, "        '%s')\n            _arguments", c->name);
        for (const struct option_row *const *t = commands_tables(a, c); *t; t++) {
            for (const struct option_row *o = *t; o->name; o++) {
                zsh_option(o, out);
            }
        }
        buf_adds(out, " \\\n                '*:file:_files' ;;\n");
    }
    buf_adds(out, "    esac\n}\n_telaio \"$@\"\n");
}

/* ---- fish --------------------------------------------------------------------------------------
 */

static void fish_text(const char *text, struct buf *out)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'' || *c == '\\') {
            buf_addc(out, '\\');
        }
        buf_addc(out, *c);
    }
}

static void fish_noun(struct str noun, struct buf *out)
{
    buf_printf(out,
               "complete -c telaio -f -n '__fish_seen_subcommand_from %.*s; and not "
               "__fish_seen_subcommand_from ",
               (int)noun.n, noun.p);
    second_words(noun, out);
    buf_adds(out, "' -a '");
    second_words(noun, out);
    buf_adds(out, "'\n");
}

static void fish_option(const struct option_row *o, const char *condition, struct buf *out)
{
    buf_printf(out, "complete -c telaio %s -l %s", condition, o->name);
    buf_adds(out, !o->argument ? "" : takes_path(o) ? " -r -F" : " -x");
    buf_adds(out, " -d '");
    fish_text(o->help, out);
    buf_adds(out, "'\n");
}

static void fish_command(struct arena *a, const struct command *c, struct buf *out)
{
    struct str name = str_of(c->name);
    size_t space = str_find(name, ' ');
    const char *condition = space == name.n
                                ? arena_printf(a, "-n '__fish_seen_subcommand_from %s'", c->name)
                                : arena_printf(a,
                                               "-n '__fish_seen_subcommand_from %.*s; and "
                                               "__fish_seen_subcommand_from %s'",
                                               (int)space, name.p, name.p + space + 1);
    for (const struct option_row *const *t = commands_tables(a, c); *t; t++) {
        for (const struct option_row *o = *t; *t != options_global && o->name; o++) {
            fish_option(o, condition, out);
        }
    }
}

static void fish(struct arena *a, struct buf *out)
{
    buf_adds(out, "# fish completion of telaio; made by: telaio completion fish\n"
                  "complete -c telaio -f -n __fish_use_subcommand -a '");
    first_words(out);
    buf_adds(out, "'\n");
    each_noun(fish_noun, out);
    for (const struct option_row *o = options_global; o->name; o++) {
        fish_option(o, "", out);
    }
    for (size_t i = 0; i < commands_n(); i++) {
        fish_command(a, commands_at(i), out);
    }
}

/* ---- all ---------------------------------------------------------------------------------------
 */

static const struct shell {
    const char *name;
    void (*fn)(struct arena *a, struct buf *out);
} shells[] = {
    {"bash", bash},
    {"zsh", zsh},
    {"fish", fish},
};

bool completion_write(struct arena *a, const char *shell, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        if (text_eq(shells[i].name, shell)) {
            shells[i].fn(a, out);
            return true;
        }
    }
    return false;
}
