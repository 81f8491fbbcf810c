// The binary message of agents' channels on arbitrary bytes: what was read can be written, and reads the same again.

#include <cstdlib>
#include <string>

#include "base/check.hpp"
#include "session/agent_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Result<session::AgentMessage> read = session::decode_message(bytes);
  if (!read) return 0;
  const Result<std::string> written = session::encode_message(*read);
  if (!written) return 0;  // more than an encoder lets pass: an empty type
  const Result<session::AgentMessage> again = session::decode_message(*written);
  CHECK(again.has_value());
  CHECK(again->type == read->type && again->id == read->id && again->payload == read->payload);
  CHECK(again->sequence == read->sequence && again->flags == read->flags && again->created_ms == read->created_ms);
  CHECK(again->payload_type == read->payload_type && again->schema_version == read->schema_version);
  return 0;
}
