#pragma once

#include <mysql.h>

#include "base/buf.h"
#include "catalog/type.h"
#include "catalog/value.h"

/**
 * my_cell() - the value at *@at, a cell of the binary protocol, in its canonical form
 * @type: of the column, NULL = a number that was counted
 * @room: cleared first; text made anew is there, other text is in the packet itself
 *
 * *@at is moved behind the cell.
 */
struct value my_cell(const struct type *type, const MYSQL_FIELD *field, unsigned char **at,
                     struct buf *room);
