#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include "net/stream.hpp"

namespace postern::net {

std::string Endpoint::to_text() const {
  std::string text;
  const bool brackets = host.find(':') != std::string::npos;
  if (brackets) text += '[';
  text += host;
  if (brackets) text += ']';
  text += ':';
  text += std::to_string(port);
  return text;
}

bool is_address_literal(std::string_view host) noexcept {
  boost::system::error_code ec;
  boost::asio::ip::make_address(host, ec);
  return !ec;
}

std::size_t Stream::write_ready(std::span<const std::byte>) noexcept {
  return 0;
}

std::size_t Stream::take_ready(std::span<std::byte>) noexcept {
  return 0;
}

std::string Stream::peer() const {
  return {};
}

}  // namespace postern::net
