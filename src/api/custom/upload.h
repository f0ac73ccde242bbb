#pragma once

#include "api/api.h"
#include "app/transfer.h"

/*
 * The body of an import as the file in it: as it is, or the file of a form. Read piece by piece
 * with the upload's limit.
 */
struct upload;

/**
 * upload_open() - look at the request's headers; of a form, at everything before its file
 * @format: by the media type or the file's name, unless @named says
 *
 * Lives in the request's arena. Errors: ERR_UNSUPPORTED_MEDIA, ERR_TOO_LARGE, ERR_MALFORMED.
 */
enum errcode upload_open(struct call *c, struct str named, struct upload **out, enum format *format,
                         struct error *err) MUST_CHECK;
/** upload_read() - for struct import_request. @upload: struct upload. */
enum errcode upload_read(void *upload, struct str *piece, struct error *err) MUST_CHECK;
