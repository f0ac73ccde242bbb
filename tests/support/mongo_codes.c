#include "mongo_codes.h"

#include <stddef.h>
#include <string.h>

static const struct mongo_code codes[] = {
    /* PostgreSQL's own states */
    {"0A000", 115, "CommandNotSupported"},
    {"22003", 15, "Overflow"},
    {"23505", 11000, "DuplicateKey"},
    {"23P01", 11000, "DuplicateKey"},
    {"25P02", 251, "NoSuchTransaction"},
    {"40001", 112, "WriteConflict"},
    {"40P01", 112, "WriteConflict"},
    {"42501", 13, "Unauthorized"},
    {"55P03", 24, "LockTimeout"},
    {"57014", 50, "MaxTimeMSExpired"},
    {"57P01", 91, "ShutdownInProgress"},
    /* the extension's, M and a number in base 36 */
    {"M0001", 2, "BadValue"},
    {"M0002", 5, "GraphContainsCycle"},
    {"M0003", 9, "FailedToParse"},
    {"M0004", 14, "TypeMismatch"},
    {"M0005", 15, "Overflow"},
    {"M0006", 20, "IllegalOperation"},
    {"M0008", 26, "NamespaceNotFound"},
    {"M0009", 27, "IndexNotFound"},
    {"M000A", 28, "PathNotViable"},
    {"M000C", 34, "CannotBackfillArray"},
    {"M000D", 40, "ConflictingUpdateOperators"},
    {"M000E", 43, "CursorNotFound"},
    {"M000F", 48, "NamespaceExists"},
    {"M000G", 52, "DollarPrefixedFieldName"},
    {"M000J", 56, "EmptyFieldName"},
    {"M000K", 57, "DottedFieldName"},
    {"M000M", 66, "ImmutableField"},
    {"M000N", 67, "CannotCreateIndex"},
    {"M000O", 68, "IndexAlreadyExists"},
    {"M000P", 72, "InvalidOptions"},
    {"M000Q", 73, "InvalidNamespace"},
    {"M000R", 85, "IndexOptionsConflict"},
    {"M000S", 86, "IndexKeySpecsConflict"},
    {"M000T", 111, "NotExactValueField"},
    {"M000U", 115, "CommandNotSupported"},
    {"M000W", 146, "ExceededMemoryLimit"},
    {"M000Y", 165, "ViewDepthLimitExceeded"},
    {"M000Z", 166, "CommandNotSupportedOnView"},
    {"M0010", 167, "OptionNotSupportedOnView"},
    {"M0012", 197, "InvalidIndexSpecificationOption"},
    {"M0013", 224, "QueryFeatureNotAllowed"},
    {"M0015", 241, "ConversionFailure"},
    {"M0016", 263, "OperationNotSupportedInTransaction"},
    {"M0017", 276, "IndexBuildAborted"},
    {"M001B", 10334, "BSONObjectTooLarge"},
    {"M001C", 11000, "DuplicateKey"},
    {"M007U", 40324, "Location40324"},
    {"M0088", 40415, "Location40415"},
    {"M00CO", 121, "DocumentValidationFailure"},
    {"M00ER", 13, "Unauthorized"},
    {"M00EW", 24, "LockTimeout"},
    {"M00EX", 50, "MaxTimeMSExpired"},
    {"M00F0", 91, "ShutdownInProgress"},
    {"M00F1", 112, "WriteConflict"},
    {"M00F2", 117, "ConflictingOperationInProgress"},
    {"M00F6", 251, "NoSuchTransaction"},
};

static const struct mongo_code unknown = {"XX000", 1, "InternalError"};

const struct mongo_code *mongo_code_of(const char *sqlstate)
{
    for (size_t i = 0; sqlstate && i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(codes[i].sqlstate, sqlstate) == 0) {
            return &codes[i];
        }
    }
    return &unknown;
}

void mongo_code_unpack(int32_t packed, char out[6])
{
    uint32_t rest = (uint32_t)packed;
    for (int i = 0; i < 5; i++) {
        out[i] = (char)((rest & 0x3f) + '0');
        rest >>= 6;
    }
    out[5] = '\0';
}
