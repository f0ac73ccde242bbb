#include "engine/mariadb/cell.h"

#include "base/attr.h"
#include "engine/mariadb/types.h"

/* A row of the binary protocol is read where it lies: numbers as little-endian bytes, times as
 * their parts behind a length, everything else as bytes behind a length. */
#define BINARY_CHARSET 63

static uint64_t take_number(unsigned char **at, size_t n)
{
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        number |= (uint64_t)(*at)[i] << (8 * i);
    }
    *at += n;
    return number;
}

static struct str take_bytes(unsigned char **at)
{
    static const unsigned char sizes[] = {2, 3, 8}; /* behind 252, 253, 254 */
    size_t first = (size_t)take_number(at, 1);
    size_t n = first < 251 ? first : (size_t)take_number(at, sizes[first - 252]);
    struct str s = {(const char *)*at, n};
    *at += n;
    return s;
}

static struct value take_integer(const MYSQL_FIELD *field, unsigned char **at, size_t n,
                                 struct buf *room)
{
    uint64_t raw = take_number(at, n);
    if (!(field->flags & UNSIGNED_FLAG)) {
        unsigned shift = (unsigned)(64 - 8 * n);
        return value_int((int64_t)(raw << shift) >> shift);
    }
    if (raw <= INT64_MAX) {
        return value_int((int64_t)raw);
    }
    buf_printf(room, "%llu", (unsigned long long)raw);
    return value_str(buf_str(room));
}

/* The number with the fewest digits that is this float: 0.1, not 0.10000000149. */
static struct value take_float(unsigned char **at, struct buf *room)
{
    uint32_t raw = (uint32_t)take_number(at, 4);
    float f = 0;
    double shortest = 0;
    memcpy(&f, &raw, sizeof f);
    for (int digits = 6; digits <= 9; digits++) {
        buf_clear(room);
        buf_printf(room, "%.*g", digits, (double)f);
        if (str_double(buf_str(room), &shortest) && (float)shortest == f) {
            return value_float(shortest);
        }
    }
    return value_float(f);
}

static struct value take_double(unsigned char **at)
{
    uint64_t raw = take_number(at, 8);
    double f = 0;
    memcpy(&f, &raw, sizeof f);
    return value_float(f);
}

static void add_digits(struct buf *room, uint64_t number, int n)
{
    char text[20];
    for (int i = n - 1; i >= 0; i--, number /= 10) {
        text[i] = (char)('0' + number % 10);
    }
    buf_add(room, text, (size_t)n);
}

/* ".5" of 500,000 microseconds, nothing of none. */
static void add_fraction(struct buf *room, uint64_t us)
{
    if (us == 0) {
        return;
    }
    int n = 6;
    for (; us % 10 == 0; us /= 10) {
        n--;
    }
    buf_addc(room, '.');
    add_digits(room, us, n);
}

static void add_clock(struct buf *room, uint64_t hours, unsigned char **at, bool has_fraction)
{
    add_digits(room, hours, hours > 99 ? 3 : 2);
    buf_addc(room, ':');
    add_digits(room, take_number(at, 1), 2);
    buf_addc(room, ':');
    add_digits(room, take_number(at, 1), 2);
    add_fraction(room, has_fraction ? take_number(at, 4) : 0);
}

static void add_date(struct buf *room, unsigned char **at)
{
    add_digits(room, take_number(at, 2), 4);
    buf_addc(room, '-');
    add_digits(room, take_number(at, 1), 2);
    buf_addc(room, '-');
    add_digits(room, take_number(at, 1), 2);
}

static struct value take_date(unsigned char **at, struct buf *room)
{
    unsigned char none[] = {0, 0, 0, 0};
    unsigned char *zero = none;
    size_t n = (size_t)take_number(at, 1);
    unsigned char *end = *at + n;
    add_date(room, n >= 4 ? at : &zero);
    *at = end;
    return value_str(buf_str(room));
}

static struct value take_datetime(const struct type *type, unsigned char **at, struct buf *room)
{
    unsigned char none[] = {0, 0, 0, 0, 0, 0, 0};
    size_t n = (size_t)take_number(at, 1);
    unsigned char *end = *at + n;
    unsigned char all[11] = {0};
    unsigned char *part = all;
    memcpy(all, n ? *at : none, n < sizeof all ? n : sizeof all);
    add_date(room, &part);
    buf_addc(room, 'T');
    uint64_t hours = take_number(&part, 1);
    add_clock(room, hours, &part, true);
    if (type && type->kind == TYPE_INSTANT) {
        buf_addc(room, 'Z');
    }
    *at = end;
    return value_str(buf_str(room));
}

/* Up to 838 hours, either way. */
static struct value take_time(unsigned char **at, struct buf *room)
{
    size_t n = (size_t)take_number(at, 1);
    unsigned char *end = *at + n;
    unsigned char all[12] = {0};
    unsigned char *part = all;
    memcpy(all, *at, n < sizeof all ? n : sizeof all);
    if (take_number(&part, 1)) {
        buf_addc(room, '-');
    }
    uint64_t hours = take_number(&part, 4) * 24;
    hours += take_number(&part, 1);
    add_clock(room, hours, &part, true);
    *at = end;
    return value_str(buf_str(room));
}

/* BIT(n): its bytes, the highest first. */
static struct value take_bits(unsigned char **at, struct buf *room)
{
    struct str bytes = take_bytes(at);
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        number = number << 8 | (unsigned char)bytes.p[i];
    }
    if (number <= INT64_MAX) {
        return value_int((int64_t)number);
    }
    buf_printf(room, "%llu", (unsigned long long)number);
    return value_str(buf_str(room));
}

static struct value take_text(const struct type *type, const MYSQL_FIELD *field, unsigned char **at,
                              struct buf *room)
{
    struct str text = take_bytes(at);
    bool is_binary = field->charsetnr == BINARY_CHARSET && field->type != MYSQL_TYPE_NEWDECIMAL;
    if (type && is_binary && (type->kind == TYPE_BYTES || type->kind == TYPE_NATIVE)) {
        return value_bytes(text);
    }
    return type ? mariadb_decode(type, text, room) : value_str(text);
}

/* Numbers that mean something else than a number. */
static struct value as_type(const struct type *type, struct value v, struct buf *room)
{
    if (!type || v.kind != VALUE_INT) {
        return v;
    }
    if (type->kind == TYPE_BOOLEAN && (v.i == 0 || v.i == 1)) {
        return value_bool(v.i);
    }
    if (type->kind == TYPE_DECIMAL) {
        buf_clear(room);
        buf_add_int64(room, v.i);
        return value_str(buf_str(room));
    }
    return v;
}

struct value my_cell(const struct type *type, const MYSQL_FIELD *field, unsigned char **at,
                     struct buf *room)
{
    buf_clear(room);
    switch (field->type) {
    case MYSQL_TYPE_TINY:
        return as_type(type, take_integer(field, at, 1, room), room);
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR:
        return as_type(type, take_integer(field, at, 2, room), room);
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
        return as_type(type, take_integer(field, at, 4, room), room);
    case MYSQL_TYPE_LONGLONG:
        return as_type(type, take_integer(field, at, 8, room), room);
    case MYSQL_TYPE_FLOAT:
        return take_float(at, room);
    case MYSQL_TYPE_DOUBLE:
        return take_double(at);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return take_date(at, room);
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return take_datetime(type, at, room);
    case MYSQL_TYPE_TIME:
        return take_time(at, room);
    case MYSQL_TYPE_BIT:
        return as_type(type, take_bits(at, room), room);
    default:
        return take_text(type, field, at, room);
    }
}
