#include "app/sample.h"

#include "app/changes.h"
#include "app/sample_json.h"
#include "base/attr.h"
#include "base/time.h"
#include "engine/catalog_cache.h"
#include "query/query.h"

#define SUPPLIERS  24
#define PRODUCTS   164
#define CUSTOMERS  600
#define ORDERS     1200
#define LINES_MOST 4
#define CELLS_MOST 16
#define DAY_US     ((int64_t)24 * 3600 * 1000000)
/* 2025-01-06T08:00:00Z: the shop opens; nothing here asks the clock */
#define OPENING_US ((int64_t)1736150400 * 1000000)
#define SEED       UINT64_C(0x5eed0f5a1e5)

enum sample_table { CATEGORIES, SUPPLIER, PRODUCT, CUSTOMER, ORDER, LINE, TABLES };

struct category {
    const char *name, *description, *code;
    const char *things[6];
    int64_t cents; /* a usual price */
};

static const struct category categories[] = {
    {"Coffee",
     "Beans and ground coffee",
     "COF",
     {"Espresso Blend", "House Blend", "Single Origin", "Decaf", "Filter Roast", "Cold Brew"},
     1290},
    {"Tea",
     "Loose leaf and bags",
     "TEA",
     {"Green Tea", "Earl Grey", "Rooibos", "Peppermint", "Oolong", "Chai"},
     890},
    {"Kitchen",
     "For those who cook",
     "KIT",
     {"Chef Knife", "Cast Iron Pan", "Cutting Board", "Whisk", "Mixing Bowl", "Peeler"},
     3490},
    {"Tableware",
     "Plates, cups and cutlery",
     "TAB",
     {"Dinner Plate", "Espresso Cup", "Wine Glass", "Soup Bowl", "Teapot", "Carafe"},
     1890},
    {"Linen",
     "Towels, sheets and cloth",
     "LIN",
     {"Bath Towel", "Tablecloth", "Pillow Case", "Apron", "Napkin Set", "Bed Sheet"},
     2490},
    {"Lighting",
     "Lamps and candles",
     "LIG",
     {"Desk Lamp", "Pendant", "Candle", "Lantern", "Floor Lamp", "Night Light"},
     4990},
    {"Garden",
     "Tools, pots and seeds",
     "GAR",
     {"Watering Can", "Terracotta Pot", "Pruning Shears", "Herb Seeds", "Trowel", "Gloves"},
     1590},
    {"Stationery",
     "Paper, pens and ink",
     "STA",
     {"Notebook", "Fountain Pen", "Ink Bottle", "Pencil Set", "Letter Paper", "Ruler"},
     990},
    {"Toys",
     "For small people",
     "TOY",
     {"Wooden Train", "Puzzle", "Building Blocks", "Kite", "Spinning Top", "Plush Bear"},
     2190},
    {"Bags",
     "To carry things home",
     "BAG",
     {"Tote", "Backpack", "Messenger Bag", "Pouch", "Weekender", "Market Net"},
     3990},
    {"Bath",
     "Soap and what goes with it",
     "BAT",
     {"Olive Soap", "Bath Salt", "Sponge", "Soap Dish", "Shower Oil", "Body Brush"},
     790},
    {"Books",
     "About food, gardens and houses",
     "BOO",
     {"Bread Book", "Herb Guide", "Atlas of Tea", "Garden Year", "Knife Skills", "Slow Sundays"},
     2290},
};

static const char *const styles[] = {"Classic", "Rustic", "Nordic", "Linden", "Harbour",
                                     "Alpine",  "Studio", "Market", "Willow", "Amber"};

static const char *const first_names[] = {
    "Ada",   "Bruno",  "Chiara",  "Dario",  "Elena", "Felix",  "Greta", "Hugo",
    "Ines",  "Jonas",  "Katja",   "Luca",   "Marta", "Nils",   "Olga",  "Paolo",
    "Renée", "Sofia",  "Tomas",   "Ursula", "Vera",  "Willem", "Xenia", "Yannick",
    "Zoë",   "Amélie", "Bastian", "Carmen", "Denis", "Erik"};

static const char *const last_names[] = {
    "Rossi",     "Müller", "Dubois",  "Jansen", "Novak",   "Silva",   "Larsen",
    "Kowalski",  "Moreau", "Bianchi", "Weber",  "García",  "Nilsson", "Fischer",
    "Costa",     "Hansen", "Horváth", "Martin", "Conti",   "Schmidt", "López",
    "Lindqvist", "Keller", "Ferrari", "Petit",  "Vermeer", "Greco"};

static const struct {
    const char *city, *country, *dial;
} places[] = {
    {"Florence", "Italy", "+39 055"},     {"Turin", "Italy", "+39 011"},
    {"Lyon", "France", "+33 4"},          {"Nantes", "France", "+33 2"},
    {"Hamburg", "Germany", "+49 40"},     {"Leipzig", "Germany", "+49 341"},
    {"Utrecht", "Netherlands", "+31 30"}, {"Porto", "Portugal", "+351 22"},
    {"Seville", "Spain", "+34 954"},      {"Gothenburg", "Sweden", "+46 31"},
    {"Kraków", "Poland", "+48 12"},       {"Vienna", "Austria", "+43 1"},
};

static const char *const firms[] = {"Workshop", "Trading", "Brothers", "Collective"};
static const char *const notes[] = {"Please ring twice", "A gift: no invoice in the parcel",
                                    "Leave it with the neighbour", "Call before delivery"};

/* ---- chance that is the same each time ------------------------------------------------------ */

struct filling {
    const struct caller *caller;
    const struct table *tables[TABLES];
    struct arena *arena; /* of one run: the transaction may run twice */
    struct session *session;
    uint64_t chance;
    const char **categories, **suppliers, **products, **customers; /* ids */
    int64_t *prices;                                               /* of products, cents */
};

static uint64_t draw(struct filling *f)
{
    f->chance ^= f->chance << 13;
    f->chance ^= f->chance >> 7;
    f->chance ^= f->chance << 17;
    return f->chance * UINT64_C(0x2545F4914F6CDD1D);
}

static size_t below(struct filling *f, size_t n)
{
    return (size_t)((draw(f) >> 33) % n);
}

#define PICK(f, list) ((list)[below((f), ARRAY_LEN(list))])

static const char *make_id(struct filling *f)
{
    uint64_t a = draw(f), b = draw(f);
    return arena_printf(f->arena, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
                        (unsigned)((a >> 16) & 0xffff), (unsigned)(a & 0xfff),
                        (unsigned)(0x8000 | ((b >> 48) & 0x3fff)),
                        (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

/* ---- values --------------------------------------------------------------------------------- */

static struct value instant(struct filling *f, int64_t us)
{
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format(text, us);
    return value_copy(f->arena, value_str((struct str){text, n}));
}

static struct value day(struct filling *f, int64_t us)
{
    struct value v = instant(f, us);
    v.s.n = sizeof("2025-01-31") - 1;
    return v;
}

static struct value money(struct filling *f, int64_t cents)
{
    return value_text(
        arena_printf(f->arena, "%lld.%02lld", (long long)(cents / 100), (long long)(cents % 100)));
}

/* ---- rows ----------------------------------------------------------------------------------- */

struct row {
    const struct table *table;
    const struct column *columns[CELLS_MOST];
    struct value values[CELLS_MOST];
    size_t n;
};

static void set(struct row *r, const char *name, struct value v)
{
    BUG_ON(r->n == CELLS_MOST);
    r->columns[r->n] = table_find_column(r->table, str_of(name));
    BUG_ON(!r->columns[r->n]);
    r->values[r->n++] = v;
}

/* A row with what the server keeps of it; its id at @id. */
static struct row begin_row(struct filling *f, enum sample_table t, int64_t at, const char **id)
{
    struct row r = {.table = f->tables[t]};
    *id = make_id(f);
    set(&r, "id", value_text(*id));
    set(&r, "tenant_id", value_int(f->caller->tenant.id));
    set(&r, "created_at", instant(f, at));
    set(&r, "updated_at", instant(f, at));
    set(&r, "created_by", value_int(f->caller->principal.user_id));
    return r;
}

static enum errcode insert(struct filling *f, const struct row *r, struct error *err)
{
    struct write w = {.kind = WRITE_INSERT,
                      .table = r->table,
                      .columns = r->columns,
                      .values = r->values,
                      .n_columns = r->n};
    struct write_result result;
    return engine_write(f->session, &w, &result, err);
}

static enum errcode fill_categories(struct filling *f, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(categories); i++) {
        struct row r = begin_row(f, CATEGORIES, OPENING_US + (int64_t)i, &f->categories[i]);
        set(&r, "name", value_text(categories[i].name));
        set(&r, "description", value_text(categories[i].description));
        set(&r, "position", value_int((int64_t)i + 1));
        TRY(insert(f, &r, err));
    }
    return ERR_OK;
}

static enum errcode fill_suppliers(struct filling *f, struct error *err)
{
    for (size_t i = 0; i < SUPPLIERS; i++) {
        const char *style = styles[i % ARRAY_LEN(styles)];
        const char *firm = firms[(i / ARRAY_LEN(styles)) % ARRAY_LEN(firms)];
        struct row r = begin_row(f, SUPPLIER, OPENING_US + (int64_t)i, &f->suppliers[i]);
        set(&r, "name", value_text(arena_printf(f->arena, "%s %s", style, firm)));
        set(&r, "email", value_text(arena_printf(f->arena, "orders%zu@example.com", i + 1)));
        set(&r, "country", value_text(PICK(f, places).country));
        set(&r, "active", value_bool(below(f, 8) != 0));
        TRY(insert(f, &r, err));
    }
    return ERR_OK;
}

static enum errcode fill_products(struct filling *f, struct error *err)
{
    for (size_t i = 0; i < PRODUCTS; i++) {
        size_t kind = i % ARRAY_LEN(categories), turn = i / ARRAY_LEN(categories);
        const struct category *c = &categories[kind];
        const char *thing = c->things[turn % ARRAY_LEN(c->things)];
        const char *style = styles[(turn + kind) % ARRAY_LEN(styles)];
        int64_t at = OPENING_US + (int64_t)(i / 4) * DAY_US;
        f->prices[i] = c->cents * (int64_t)(60 + below(f, 120)) / 100 / 10 * 10;
        struct row r = begin_row(f, PRODUCT, at, &f->products[i]);
        set(&r, "name", value_text(arena_printf(f->arena, "%s %s", style, thing)));
        set(&r, "sku", value_text(arena_printf(f->arena, "%s-%04zu", c->code, 1000 + i)));
        set(&r, "category_id", value_text(f->categories[kind]));
        set(&r, "supplier_id",
            below(f, 12) ? value_text(f->suppliers[below(f, SUPPLIERS)]) : value_null());
        set(&r, "price", money(f, f->prices[i]));
        set(&r, "stock", value_int((int64_t)below(f, 250)));
        set(&r, "launched", day(f, at));
        set(&r, "available", value_bool(below(f, 15) != 0));
        TRY(insert(f, &r, err));
    }
    return ERR_OK;
}

/* ASCII letters of a name, in lower case. */
static const char *plain(struct arena *a, const char *name)
{
    char *out = arena_strdup(a, name), *to = out;
    for (const char *p = name; *p; p++) {
        bool is_upper = *p >= 'A' && *p <= 'Z';
        if (is_upper || (*p >= 'a' && *p <= 'z')) {
            *to++ = (char)(is_upper ? *p - 'A' + 'a' : *p);
        }
    }
    *to = '\0';
    return out;
}

static enum errcode fill_customers(struct filling *f, struct error *err)
{
    static const char *const tiers[] = {"bronze", "bronze", "bronze", "silver", "silver", "gold"};
    for (size_t i = 0; i < CUSTOMERS; i++) {
        const char *first = PICK(f, first_names), *last = PICK(f, last_names);
        size_t place = below(f, ARRAY_LEN(places));
        int64_t age_days = 7000 + (int64_t)below(f, 18000);
        struct row r =
            begin_row(f, CUSTOMER, OPENING_US + (int64_t)i * DAY_US / 2, &f->customers[i]);
        set(&r, "name", value_text(arena_printf(f->arena, "%s %s", first, last)));
        set(&r, "email",
            value_text(arena_printf(f->arena, "%s.%s%zu@example.com", plain(f->arena, first),
                                    plain(f->arena, last), i + 1)));
        set(&r, "phone",
            value_text(
                arena_printf(f->arena, "%s %06zu", places[place].dial, 100000 + below(f, 900000))));
        set(&r, "city", value_text(places[place].city));
        set(&r, "country", value_text(places[place].country));
        set(&r, "birthday", below(f, 9) ? day(f, OPENING_US - age_days * DAY_US) : value_null());
        set(&r, "tier", value_text(PICK(f, tiers)));
        set(&r, "newsletter", value_bool(below(f, 3) == 0));
        TRY(insert(f, &r, err));
    }
    return ERR_OK;
}

struct line {
    size_t product;
    int64_t quantity;
};

static enum errcode fill_lines(struct filling *f, const char *order, int64_t at,
                               const struct line *lines, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        const char *id = NULL;
        struct row r = begin_row(f, LINE, at + (int64_t)i, &id);
        set(&r, "order_id", value_text(order));
        set(&r, "product_id", value_text(f->products[lines[i].product]));
        set(&r, "quantity", value_int(lines[i].quantity));
        set(&r, "unit_price", money(f, f->prices[lines[i].product]));
        TRY(insert(f, &r, err));
    }
    return ERR_OK;
}

/* Older orders have gone further. */
static const char *status_of(struct filling *f, size_t i)
{
    static const char *const last[] = {"new", "paid", "shipped"};
    if (below(f, 25) == 0) {
        return "cancelled";
    }
    return i + 60 < ORDERS ? "delivered" : PICK(f, last);
}

static enum errcode fill_orders(struct filling *f, struct error *err)
{
    for (size_t i = 0; i < ORDERS; i++) {
        struct line lines[LINES_MOST];
        size_t n = i % LINES_MOST + 1;
        int64_t total = 0;
        int64_t at = OPENING_US + (int64_t)i * DAY_US / 4 + (int64_t)below(f, 20000) * 1000000;
        const char *id = NULL, *status = status_of(f, i);
        for (size_t k = 0; k < n; k++) {
            lines[k] = (struct line){below(f, PRODUCTS), 1 + (int64_t)below(f, 4)};
            total += f->prices[lines[k].product] * lines[k].quantity;
        }
        bool is_sent = text_eq(status, "shipped") || text_eq(status, "delivered");
        int64_t sent_at = at + (1 + (int64_t)below(f, 4)) * DAY_US;
        struct row r = begin_row(f, ORDER, at, &id);
        set(&r, "number", value_text(arena_printf(f->arena, "2025-%05zu", i + 1)));
        set(&r, "customer_id", value_text(f->customers[below(f, CUSTOMERS)]));
        set(&r, "status", value_text(status));
        set(&r, "ordered_at", instant(f, at));
        set(&r, "shipped_on", is_sent ? day(f, sent_at) : value_null());
        set(&r, "total", money(f, total));
        set(&r, "note", below(f, 10) ? value_null() : value_text(PICK(f, notes)));
        TRY(insert(f, &r, err));
        TRY(fill_lines(f, id, at, lines, n, err));
    }
    return ERR_OK;
}

static enum errcode fill(struct session *s, void *arg, struct error *err)
{
    const struct filling *given = arg;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct filling f = *given;
    f.arena = a;
    f.session = s;
    f.chance = SEED;
    f.categories = ARENA_ARRAY(a, ARRAY_LEN(categories), const char *);
    f.suppliers = ARENA_ARRAY(a, SUPPLIERS, const char *);
    f.products = ARENA_ARRAY(a, PRODUCTS, const char *);
    f.customers = ARENA_ARRAY(a, CUSTOMERS, const char *);
    f.prices = ARENA_ARRAY(a, PRODUCTS, int64_t);
    TRY(fill_categories(&f, err));
    TRY(fill_suppliers(&f, err));
    TRY(fill_products(&f, err));
    TRY(fill_customers(&f, err));
    return fill_orders(&f, err);
}

enum errcode app_sample_create(const struct caller *c, struct error *err)
{
    struct change_list list = {0};
    struct change_record record;
    struct filling f = {.caller = c};
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    TRY(sample_changes(c->arena, &list, err));
    TRY(app_change_run(c, &list, NULL, &record, err));
    TRY(engine_catalog(c->app->engine, caller_ns(c), &live, err));
    for (size_t i = 0; i < TABLES; i++) {
        const char *name = list.items[i].create_table.table->name;
        f.tables[i] = catalog_find_table(live, str_of(name));
        if (!f.tables[i]) {
            return ERROR(err, ERR_CONFLICT, "table \"%s\" is gone already", name);
        }
    }
    return engine_transact(c->app->engine, caller_ns(c), fill, &f, err);
}
