#include "app/people.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"

static const char *const keys[] = {"id",        "name",       "email",     "tenant",
                                   "prefix",    "allow",      "createdAt", "expiresAt",
                                   "revokedAt", "lastUsedAt", NULL};
static const char *const made_keys[] = {"id",        "name",  "email", "tenant",
                                        "expiresAt", "token", NULL};

/* The list as JSON text, NULL when the token has no limits. */
static const char *allow_text(struct arena *a, const struct people_token *t)
{
    struct buf b;
    struct json_writer w;
    if (!t->has_allow) {
        return NULL;
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_array(&w);
    for (size_t i = 0; i < t->n_allow; i++) {
        jsonw_text(&w, t->allow[i]);
    }
    jsonw_end_array(&w);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static enum errcode list(struct cli *c, struct caller *caller, struct error *err)
{
    struct people_token *tokens = NULL;
    size_t n = 0;
    struct grid g;
    TRY(people_token_list(caller, true, &tokens, &n, err));
    grid_init(&g, c->arena, keys);
    for (size_t i = 0; i < n; i++) {
        const struct api_token *t = &tokens[i].token;
        grid_row(&g, (struct cell[]){
                         cell_int(t->id),
                         cell_text(t->name),
                         cell_text(tokens[i].email),
                         cell_text(tokens[i].tenant),
                         cell_text(t->prefix),
                         cell_json(allow_text(c->arena, &tokens[i])),
                         cell_time(t->created_at),
                         cell_time(t->expires_at),
                         cell_time(t->revoked_at),
                         cell_time(t->last_used_at),
                     });
    }
    grid_print(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode create(struct cli *c, struct caller *caller, struct error *err)
{
    struct people_token_new in = {
        .email = options_text(&c->options, "email"),
        .name = options_text(&c->options, "name"),
        .tenant = options_text(&c->options, "tenant"),
    };
    const char *expires = options_text(&c->options, "expires");
    if (expires && !people_expiry(str_of(expires), &in.expires_at)) {
        return ERROR(err, ERR_USAGE, "--expires \"%s\" is no time: 30d, 12h, 90m or RFC 3339",
                     expires);
    }
    const char **allow = NULL;
    for (const char *one; (one = options_nth(&c->options, "allow", in.n_allow)) != NULL;) {
        ARENA_PUSH(c->arena, allow, in.n_allow, one);
    }
    in.allow = allow;
    in.has_allow = in.n_allow > 0;
    const char *secret = NULL;
    struct people_token made;
    struct grid g;
    TRY(people_token_create(caller, &in, &secret, &made, err));
    grid_init(&g, c->arena, made_keys);
    grid_row(&g, (struct cell[]){cell_int(made.token.id), cell_text(made.token.name),
                                 cell_text(made.email), cell_text(made.tenant),
                                 cell_time(made.token.expires_at), cell_text(secret)});
    grid_print_one(&g, c->json, &c->out);
    return ERR_OK;
}

static enum errcode revoke(struct cli *c, struct caller *caller, struct error *err)
{
    int64_t id = 0;
    if (!str_int64(str_of(cli_operand(c, 0)), &id)) {
        return ERROR(err, ERR_USAGE, "\"%s\" is no token id; telaio token list shows them",
                     cli_operand(c, 0));
    }
    return people_token_revoke(caller, id, err);
}

static enum errcode run_list(struct cli *c, struct error *err)
{
    return cli_as_system(c, list, err);
}

static enum errcode run_create(struct cli *c, struct error *err)
{
    if (!options_text(&c->options, "email")) {
        return ERROR(err, ERR_USAGE, "--email says whose token it shall be");
    }
    return cli_as_platform(c, create, err);
}

static enum errcode run_revoke(struct cli *c, struct error *err)
{
    return cli_as_platform(c, revoke, err);
}

static const struct option_row create_options[] = {
    {"email", "EMAIL", "whose it is: it may do what they may", false},
    {"name", "TEXT", "what it is for", false},
    {"expires", "WHEN", "30d, 12h, 90m or a time (RFC 3339); default never", false},
    {"allow", "PATTERN[@SCOPE]", "limit it to these permissions", true},
    {0},
};

const struct command commands_token[] = {
    {
        .name = "token create",
        .operands = "",
        .summary = "Make an API token; its secret is printed this once",
        .text = "With --tenant it works in that tenant only.",
        .example = "token create --email ada@example.com --name ci --expires 30d",
        .options = create_options,
        .folder = FOLDER_EXISTING,
        .run = run_create,
    },
    {
        .name = "token list",
        .operands = "",
        .summary = "List API tokens, revoked ones too",
        .folder = FOLDER_EXISTING,
        .run = run_list,
    },
    {
        .name = "token revoke",
        .operands = "ID",
        .summary = "End an API token at once",
        .folder = FOLDER_EXISTING,
        .run = run_revoke,
    },
    {0},
};
