#include "app/people.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/secret.h"

static const char *const keys[] = {"id",     "email",  "name",        "role",      "level",
                                   "tenant", "active", "lastLoginAt", "createdAt", NULL};

static void add_row(struct grid *g, const struct people_user *u)
{
    grid_row(g, (struct cell[]){
                    cell_int(u->user.id),
                    cell_text(u->user.email),
                    cell_text(u->user.name),
                    cell_text(u->user.role),
                    cell_text(u->user.permission_level),
                    cell_text(u->tenant),
                    cell_bool(u->user.is_active),
                    cell_time(u->user.last_login_at),
                    cell_time(u->user.created_at),
                });
}

static void print_one(struct cli *c, const struct people_user *u)
{
    struct grid g;
    grid_init(&g, c->arena, keys);
    add_row(&g, u);
    grid_print_one(&g, c->json, &c->out);
}

static enum errcode need_email(const struct cli *c, const char **out, struct error *err)
{
    *out = options_text(&c->options, "email");
    return *out ? ERR_OK : ERROR(err, ERR_USAGE, "--email says whom");
}

static enum errcode add(struct cli *c, struct caller *caller, struct error *err)
{
    struct people_user_fields in = {
        .email = options_text(&c->options, "email"),
        .name = options_text(&c->options, "name"),
        .role = options_text(&c->options, "role"),
        .level = options_text(&c->options, "level"),
        .tenant = options_text(&c->options, "tenant"),
        .password = c->secret,
    };
    struct people_user made;
    TRY(people_user_add(caller, &in, &made, err));
    print_one(c, &made);
    return ERR_OK;
}

static enum errcode run_add(struct cli *c, struct error *err)
{
    const char *email;
    TRY(need_email(c, &email, err));
    if (!options_flag(&c->options, "no-password")) {
        TRY(secret_read(c, &c->secret, err));
    }
    return cli_as_platform(c, add, err);
}

static enum errcode list(struct cli *c, struct caller *caller, struct error *err)
{
    struct people_user *users = NULL;
    size_t n = 0;
    struct grid g;
    TRY(people_user_list(caller, !options_text(&c->options, "tenant"), &users, &n, err));
    grid_init(&g, c->arena, keys);
    for (size_t i = 0; i < n; i++) {
        add_row(&g, &users[i]);
    }
    grid_print(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode run_list(struct cli *c, struct error *err)
{
    return cli_as_system(c, list, err);
}

static enum errcode update(struct cli *c, struct caller *caller,
                           const struct people_user_fields *in, struct error *err)
{
    struct people_user found, changed;
    TRY(people_user_find(caller, options_text(&c->options, "email"), &found, err));
    TRY(people_user_update(caller, found.user.id, in, &changed, err));
    print_one(c, &changed);
    return ERR_OK;
}

static enum errcode disable(struct cli *c, struct caller *caller, struct error *err)
{
    static const bool off = false;
    return update(c, caller, &(struct people_user_fields){.is_active = &off}, err);
}

static enum errcode enable(struct cli *c, struct caller *caller, struct error *err)
{
    static const bool on = true;
    return update(c, caller, &(struct people_user_fields){.is_active = &on}, err);
}

static enum errcode set_password(struct cli *c, struct caller *caller, struct error *err)
{
    return update(c, caller, &(struct people_user_fields){.password = c->secret}, err);
}

static enum errcode run_disable(struct cli *c, struct error *err)
{
    const char *email;
    TRY(need_email(c, &email, err));
    return cli_as_platform(c, disable, err);
}

static enum errcode run_enable(struct cli *c, struct error *err)
{
    const char *email;
    TRY(need_email(c, &email, err));
    return cli_as_platform(c, enable, err);
}

static enum errcode run_passwd(struct cli *c, struct error *err)
{
    const char *email;
    TRY(need_email(c, &email, err));
    TRY(secret_read(c, &c->secret, err));
    return cli_as_platform(c, set_password, err);
}

static const struct option_row add_options[] = {
    {"email", "EMAIL", "who; also what one signs in with", false},
    {"name", "TEXT", "what to call them (default: from the email)", false},
    {"role", "ROLE", "OWNER, PLATFORM_ADMIN, TENANT_ADMIN or USER (default)", false},
    {"level", "LEVEL", "admin, developer, editor or user (default: by the role)", false},
    {"password-stdin", NULL, "read the password from the first line of standard input", false},
    {"no-password", NULL, "set none: they cannot sign in with one yet", false},
    {0},
};

static const struct option_row email_options[] = {
    {"email", "EMAIL", "who", false},
    {0},
};

static const struct option_row passwd_options[] = {
    {"email", "EMAIL", "who", false},
    {"password-stdin", NULL, "read the password from the first line of standard input", false},
    {0},
};

const struct command commands_user[] = {
    {
        .name = "user add",
        .operands = "",
        .summary = "Add a user",
        .text =
            "The password is asked for on the terminal, or read with --password-stdin. --tenant "
            "is the user's home. With --role OWNER on an empty store it does what the set-up "
            "link does.",
        .example = "user add --email ada@example.com --role OWNER",
        .options = add_options,
        .folder = FOLDER_ANY,
        .run = run_add,
    },
    {
        .name = "user list",
        .operands = "",
        .summary = "List users, all of them or those of --tenant",
        .folder = FOLDER_EXISTING,
        .run = run_list,
    },
    {
        .name = "user disable",
        .operands = "",
        .summary = "Keep a user from signing in; sessions and tokens end at once",
        .options = email_options,
        .folder = FOLDER_EXISTING,
        .run = run_disable,
    },
    {
        .name = "user enable",
        .operands = "",
        .summary = "Let a disabled user sign in again",
        .options = email_options,
        .folder = FOLDER_EXISTING,
        .run = run_enable,
    },
    {
        .name = "user passwd",
        .operands = "",
        .summary = "Set a user's password; their sessions end",
        .options = passwd_options,
        .folder = FOLDER_EXISTING,
        .run = run_passwd,
    },
    {0},
};
