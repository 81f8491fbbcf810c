// Hostile answers: whatever comes is a bounded response or an error.
#include <cstdlib>

#include "http_fuzz.hpp"

namespace {

postern::rt::Task<int> read_answers(postern::http::MessageReader* reader) {
  for (int i = 0; i < 4; ++i) {
    const auto method = i == 1 ? postern::http::Method::head : postern::http::Method::other;
    const auto received = co_await reader->read_response(method);
    if (!received) co_return 0;
    if (received->response.body.size() > postern::fuzz::small_limits().body_bytes) std::abort();
    if (received->persistence == postern::http::Persistence::close) co_return 0;
  }
  co_return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  postern::fuzz::run_reader(data, size, read_answers);
  return 0;
}
