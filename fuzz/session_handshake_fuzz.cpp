// What the two ends of a session tell each other, on arbitrary bytes: what was read can be written, and reads the same
// again.

#include <cstdlib>
#include <string>

#include "base/check.hpp"
#include "session/handshake.hpp"

namespace {

using namespace postern;

template <class Read, class Write>
void there_and_back(std::string_view bytes, Read read, Write write) {
  const auto first = read(bytes);
  if (!first) return;
  const std::string text = write(*first);
  const auto second = read(text);
  CHECK(second.has_value());
  CHECK(write(*second) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::session;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 9) {
    case 0:
      there_and_back(bytes, read_open, write_open);
      break;
    case 1:
      there_and_back(bytes, read_handshake_request, write_handshake_request);
      break;
    case 2:
      there_and_back(bytes, read_handshake_response, write_handshake_response);
      break;
    case 3:
      there_and_back(bytes, read_handshake_complete, write_handshake_complete);
      break;
    case 4:
      there_and_back(bytes, read_challenge, [](const std::string& one) { return write_challenge(one); });
      break;
    case 5:
      there_and_back(bytes, read_size, write_size);
      break;
    case 6:
      there_and_back(bytes, read_exit_code, write_exit_code);
      break;
    case 7:
      there_and_back(bytes, read_channel_closed, write_channel_closed);
      break;
    default:
      static_cast<void>(read_flag(bytes));
      static_cast<void>(later_than(bytes, "3.1.1511.0"));
  }
  return 0;
}
