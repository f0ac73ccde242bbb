#pragma once

#include "http/static.h"

/* The web studio inside the program; of two files with it exactly one is built: the studio as it
 * was packed, or one page that says that it was left out. */
extern const struct static_files studio_files;
