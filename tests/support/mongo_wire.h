#pragma once

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * MongoDB's wire protocol as far as a client library speaks it to a server: OP_MSG in both
 * directions, and OP_QUERY for the very first "hello" of older libraries.
 */
enum { WIRE_HEADER = 16, WIRE_MESSAGE_MAX = 48000000 };

struct wire_header {
    int32_t length; /* of all, with the header */
    int32_t id;
    int32_t operation;
};

/** wire_header_read() - false when the length is none that a message can have. */
bool wire_header_read(const uint8_t bytes[WIRE_HEADER], struct wire_header *out);

/**
 * wire_command_read() - the command of the @n bytes behind the header, into the empty @command
 *
 * Documents that come as a sequence become an array of the command, under their name.
 * @wants_answer: the client waits for one. False when the bytes are not such a message.
 */
bool wire_command_read(const struct wire_header *h, const uint8_t *body, size_t n, bson_t *command,
                       bool *wants_answer);

/** wire_answer_head() - what comes before the @n bytes of the answer's document: written to @out,
 *  at most 36 bytes; returns how many. */
size_t wire_answer_head(const struct wire_header *to, int32_t id, size_t n, uint8_t out[36]);
