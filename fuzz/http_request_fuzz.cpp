// Hostile requests: what is taken can be written again and read as the same request.
#include <cstdlib>

#include "http_fuzz.hpp"

namespace {

postern::rt::Task<int> read_requests(postern::http::MessageReader* reader) {
  for (int i = 0; i < 4; ++i) {
    const auto received = co_await reader->read_request();
    if (!received || !*received) co_return 0;
    const postern::http::Request& request = (*received)->request;
    if (request.body.size() > postern::fuzz::small_limits().body_bytes) std::abort();
    if (request.target.empty() || request.target[0] != '/') std::abort();
    std::string again;
    const auto written = postern::http::write_request_to(again, request);
    if (written && again.find("\r\n\r\n") == std::string::npos) std::abort();
    if ((*received)->persistence == postern::http::Persistence::close) co_return 0;
  }
  co_return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  postern::fuzz::run_reader(data, size, read_requests);
  return 0;
}
