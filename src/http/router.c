#include "http/router.h"

#include "base/buf.h"
#include "base/percent.h"

/*
 * A tree of segments. The edges of a node stand in the order in which they are tried, which is the
 * order of this enum: that is all there is to "words win over parameters".
 */
enum edge_kind {
    EDGE_WORD = 1,  /* the segment is text */
    EDGE_VERB,      /* a parameter with text (":undo") behind it */
    EDGE_PARAMETER, /* any segment that is not empty */
    EDGE_REST,      /* what is left, slashes included; may be empty */
};

struct edge {
    enum edge_kind kind;
    struct str text;
    struct node *to;
};

/* A row of the table that ends at a node. */
struct leaf {
    unsigned method; /* index into router.methods */
    size_t row;
    const char *names[ROUTE_PARAMETERS_MAX];
    size_t n_names;
};

struct node {
    struct edge *edges;
    size_t n_edges;
    struct leaf *leaves;
    size_t n_leaves;
};

#define METHODS_MAX 16

struct router {
    struct arena *arena;
    struct node root;
    const char *methods[METHODS_MAX];
    unsigned n_methods;
};

/* ---- building ---------------------------------------------------------------------------- */

static unsigned method_index(struct router *router, const char *method)
{
    for (unsigned i = 0; i < router->n_methods; i++) {
        if (text_eq(router->methods[i], method)) {
            return i;
        }
    }
    BUG_ON(router->n_methods == METHODS_MAX);
    router->methods[router->n_methods] = arena_strdup(router->arena, method);
    return router->n_methods++;
}

/* What a segment of a pattern asks for; the name of its parameter goes into @leaf. */
static struct edge read_segment(struct arena *a, struct str segment, struct leaf *leaf)
{
    if (segment.n == 0 || segment.p[0] != '{') {
        return (struct edge){.kind = EDGE_WORD, .text = segment};
    }
    size_t end = str_find(segment, '}');
    BUG_ON(end == segment.n || leaf->n_names == ROUTE_PARAMETERS_MAX);
    struct str name = {segment.p + 1, end - 1};
    struct str behind = str_sub(segment, end + 1);
    bool is_rest = name.n > 0 && name.p[name.n - 1] == '*';
    name.n -= is_rest;
    BUG_ON(name.n == 0 || (is_rest && behind.n > 0));
    leaf->names[leaf->n_names++] = arena_str(a, name);
    enum edge_kind kind = is_rest ? EDGE_REST : behind.n > 0 ? EDGE_VERB : EDGE_PARAMETER;
    return (struct edge){.kind = kind, .text = behind};
}

/* The node behind @wanted, made when it is not there, at its place in the order. */
static struct node *descend(struct arena *a, struct node *from, struct edge wanted)
{
    size_t at = 0;
    while (at < from->n_edges && from->edges[at].kind <= wanted.kind) {
        const struct edge *e = &from->edges[at++];
        if (e->kind == wanted.kind && str_eq(e->text, wanted.text)) {
            return e->to;
        }
    }
    wanted.to = ARENA_NEW(a, struct node);
    ARENA_PUSH(a, from->edges, from->n_edges, wanted);
    for (size_t i = from->n_edges - 1; i > at; i--) {
        from->edges[i] = from->edges[i - 1];
    }
    from->edges[at] = wanted;
    return wanted.to;
}

static void add_row(struct router *router, size_t row, const char *method, const char *pattern)
{
    struct arena *a = router->arena;
    struct node *node = &router->root;
    struct leaf leaf = {.method = method_index(router, method), .row = row};
    struct str rest = str_of(arena_strdup(a, pattern));
    BUG_ON(rest.n == 0 || rest.p[0] != '/');
    rest = str_sub(rest, 1);
    struct str segment;
    while (str_split(&rest, '/', &segment)) {
        struct edge wanted = read_segment(a, segment, &leaf);
        BUG_ON(wanted.kind == EDGE_REST && rest.p);
        node = descend(a, node, wanted);
    }
    for (size_t i = 0; i < node->n_leaves; i++) {
        BUG_ON(node->leaves[i].method == leaf.method); /* two rows for the same requests */
    }
    ARENA_PUSH(a, node->leaves, node->n_leaves, leaf);
}

struct router *router_new(struct arena *a, size_t n,
                          void (*row)(const void *table, size_t i, const char **method,
                                      const char **pattern),
                          const void *table)
{
    struct router *router = ARENA_NEW(a, struct router);
    router->arena = a;
    for (size_t i = 0; i < n; i++) {
        const char *method = NULL;
        const char *pattern = NULL;
        row(table, i, &method, &pattern);
        add_row(router, i, method, pattern);
    }
    return router;
}

/* ---- matching ---------------------------------------------------------------------------- */

struct search {
    struct str method;
    const struct router *router;
    struct str values[ROUTE_PARAMETERS_MAX]; /* of the way down to where the search is */
    const struct leaf *found;
    struct str found_values[ROUTE_PARAMETERS_MAX];
    bool found_is_exact; /* not a GET that answers a HEAD */
    unsigned methods;
};

static void try_leaves(struct search *s, const struct node *node)
{
    for (size_t i = 0; i < node->n_leaves; i++) {
        const struct leaf *leaf = &node->leaves[i];
        const char *method = s->router->methods[leaf->method];
        s->methods |= 1u << leaf->method;
        bool is_exact = str_is(s->method, method);
        bool fits = is_exact || (str_is(s->method, "HEAD") && text_eq(method, "GET"));
        if (fits && (!s->found || (is_exact && !s->found_is_exact))) {
            s->found = leaf;
            s->found_is_exact = is_exact;
            for (size_t v = 0; v < leaf->n_names; v++) {
                s->found_values[v] = s->values[v];
            }
        }
    }
}

/* Does @segment fit @e? *@value is what a parameter takes of it. */
static bool fits_edge(const struct edge *e, struct str segment, struct str *value)
{
    *value = segment;
    switch (e->kind) {
    case EDGE_WORD:
        return str_eq(e->text, segment);
    case EDGE_VERB:
        value->n = segment.n - e->text.n;
        return segment.n > e->text.n && str_eq(str_sub(segment, value->n), e->text);
    case EDGE_PARAMETER:
    case EDGE_REST:
        return segment.n > 0;
    }
    return false;
}

/* Look for @rest (the path behind a slash) below @node. As deep as the longest pattern. */
static void walk(struct search *s, const struct node *node, struct str rest, size_t n_values)
{
    struct str below = rest;
    struct str segment;
    if (!str_split(&below, '/', &segment)) {
        try_leaves(s, node);
        return;
    }
    for (size_t i = 0; i < node->n_edges; i++) {
        const struct edge *e = &node->edges[i];
        struct str value;
        if (e->kind == EDGE_REST) {
            s->values[n_values] = rest;
            try_leaves(s, e->to);
        } else if (fits_edge(e, segment, &value)) {
            size_t takes = e->kind == EDGE_WORD ? 0 : 1;
            if (takes) {
                s->values[n_values] = value;
            }
            walk(s, e->to, below, n_values + takes);
        }
    }
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '%' || c == 0 || c >= 0x80) {
            return false;
        }
    }
    return true;
}

static enum errcode decode_values(struct arena *a, const struct search *s, bool plain,
                                  struct route_match *out, struct error *err)
{
    for (size_t i = 0; i < s->found->n_names; i++) {
        struct str value = s->found_values[i];
        if (!plain) {
            TRY(percent_decode(a, value, false, &value, err));
        }
        out->names[i] = s->found->names[i];
        out->values[i] = plain ? arena_str(a, value) : value.p;
    }
    out->n = s->found->n_names;
    return ERR_OK;
}

enum errcode router_match(const struct router *router, struct arena *a, const char *method,
                          struct str path, struct route_match *out, struct error *err)
{
    struct search s = {.method = str_of(method), .router = router};
    bool plain = is_plain(path);
    *out = (struct route_match){0};
    if (!plain) {
        struct str decoded;
        TRY(percent_decode(a, path, false, &decoded, err));
    }
    if (path.n > 0 && path.p[0] == '/') {
        walk(&s, &router->root, str_sub(path, 1), 0);
    }
    out->methods = s.methods;
    if (s.methods == 0) {
        return ERROR(err, ERR_NOT_FOUND, "there is nothing at this address");
    }
    if (!s.found) {
        return ERROR(err, ERR_METHOD_NOT_ALLOWED, "this address does not take \"%s\"", method);
    }
    out->row = s.found->row;
    return decode_values(a, &s, plain, out, err);
}

const char *router_methods(const struct router *router, struct arena *a, unsigned methods)
{
    const char *text = "";
    for (unsigned i = 0; i < router->n_methods; i++) {
        if (methods & (1u << i)) {
            text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", router->methods[i]);
        }
    }
    return text;
}
