#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/*
 * CSV and TSV as RFC 4180 says, and as files really are: fields in quotes may hold separators,
 * quotes (doubled) and line ends; lines end with LF, CRLF or a bare CR; a byte order mark at the
 * start is passed over; empty lines are no rows. A NUL, text behind a closing quote and a quote
 * that never closes are refused with line and column; a quote inside a field that began without one
 * is an ordinary character.
 *
 * The reader is pushed: bytes go in as they come, in pieces of any size, and a row comes out as
 * soon as its end was seen.
 */
struct csv_field {
    struct str text;
    bool was_quoted;
};

/* @fields are borrowed until the call returns; an error ends the reading and is passed on. */
typedef enum errcode csv_row_fn(void *arg, const struct csv_field *fields, size_t n,
                                struct error *err);

struct csv_limits {
    size_t row_bytes; /* of one row's texts; 0 = 16 MiB */
    size_t fields;    /* of one row; 0 = 10,000 */
};

struct csv_reader {
    char separator;
    struct csv_limits limits;
    csv_row_fn *fn;
    void *arg;
    struct buf text; /* of the row so far, unescaped, one field behind the other */
    struct csv_mark {
        size_t end;
        bool was_quoted;
    } * marks; /* of the fields that are complete */
    struct csv_field *fields;
    size_t n_marks, n_room;
    int state;
    bool field_quoted;    /* the field that is being read began with a quote */
    int bom;              /* bytes of a byte order mark seen; -1 = past the start */
    int64_t line, column; /* of the next byte, from 1; column counts bytes */
};

/** csv_reader_init() - @separator: ',' '\t' ';' '|'. csv_reader_release() ends it. */
void csv_reader_init(struct csv_reader *r, char separator, struct csv_limits limits, csv_row_fn *fn,
                     void *arg);
void csv_reader_release(struct csv_reader *r);
/** csv_push() - the next @piece. Errors: ERR_MALFORMED (message: line and column), ERR_TOO_LARGE,
 *  those of fn. */
enum errcode csv_push(struct csv_reader *r, struct str piece, struct error *err) MUST_CHECK;
/** csv_end() - no more bytes: a last row without a line end comes out. Errors: as csv_push(). */
enum errcode csv_end(struct csv_reader *r, struct error *err) MUST_CHECK;

/**
 * csv_add_field() - append a field to @b, quoted where that is needed to read it back equal
 *
 * An empty @text is written as "" so that it differs from no value, which is written as nothing.
 */
void csv_add_field(struct buf *b, char separator, struct str text);
