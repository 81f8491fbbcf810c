#pragma once

/// What VPC endpoints cost a month, beside a NAT gateway. List prices: what somebody pays may be less.

#include <cstddef>
#include <cstdint>
#include <string>

namespace postern::access {

struct EndpointCost {
  EndpointCost() = default;
  std::size_t interfaces = 0;  ///< interface endpoints
  std::size_t zones = 0;       ///< in each of so many
  std::int64_t endpoints_cents = 0;
  std::int64_t nat_cents = 0;       ///< one NAT gateway
  std::int64_t nat_zone_cents = 0;  ///< one in each zone
  std::int64_t break_even_gb = 0;   ///< from there on endpoints cost less than one NAT gateway; 0: from the first byte
};
EndpointCost endpoint_cost(std::size_t interfaces, std::size_t zones);

/// "12.34".
std::string dollars(std::int64_t cents);
/// The cost as a sentence, and how it compares: never "cheaper" where it is not.
std::string cost_text(const EndpointCost& cost);
/// Where the prices come from, and what is not in them.
std::string price_note();
/// Before zones are known: per zone, two lines for a template's head.
std::string endpoint_price(std::size_t interfaces);

}  // namespace postern::access
