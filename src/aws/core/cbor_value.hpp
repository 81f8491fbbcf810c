#pragma once

/// Values of descriptors to and from CBOR, as Smithy's RPC v2 CBOR has them. Members are called by their names in the
/// model. Private to aws/core.

#include "aws/core/shape.hpp"
#include "base/cbor_reader.hpp"
#include "base/cbor_writer.hpp"
#include "base/error.hpp"

namespace postern::aws {

/// A structure as a map; lists and maps that are empty are written too, as every server of AWS does.
void encode_cbor(CborWriter& out, const Shape& shape, const void* value);
/// The members of a structure alone, into a map that the caller has begun.
void encode_cbor_members(CborWriter& out, const Shape& shape, const void* value);

/// Strict: a value of another type is refused, but a whole number is taken for a float. Unknown members and those that
/// are null are skipped; of duplicate members the last wins. Timestamps are tag 1. Fails with malformed.
Result<void> decode_cbor(CborReader& in, const Shape& shape, void* value);

}  // namespace postern::aws
