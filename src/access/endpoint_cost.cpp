#include "access/endpoint_cost.hpp"

#include "base/plural.hpp"

namespace postern::access {
namespace endpoint_cost_detail {

// us-east-1, in hundredths of a cent.
constexpr std::int64_t kEndpointHour = 100;
constexpr std::int64_t kNatHour = 450;
constexpr std::int64_t kEndpointGb = 100;
constexpr std::int64_t kNatGb = 450;
constexpr std::int64_t kMonthHours = 730;
constexpr std::int64_t kPerCent = 100;

std::int64_t cents(std::int64_t hour, std::size_t count) {
  return hour * kMonthHours * static_cast<std::int64_t>(count) / kPerCent;
}

std::string per_gb(std::int64_t price) {
  std::string digits = std::to_string(10'000 + price).substr(1);
  while (digits.size() > 2 && digits.back() == '0') digits.pop_back();
  return "0." + digits;
}

std::string against_one(const EndpointCost& cost) {
  if (cost.endpoints_cents == cost.nat_cents) return "as much as one NAT gateway";
  if (cost.endpoints_cents < cost.nat_cents) return "less than one NAT gateway";
  return "more than one NAT gateway, unless " + std::to_string(cost.break_even_gb) +
         " GB a month or more go through them";
}

}  // namespace endpoint_cost_detail

EndpointCost endpoint_cost(std::size_t interfaces, std::size_t zones) {
  using namespace endpoint_cost_detail;
  EndpointCost out;
  out.interfaces = interfaces;
  out.zones = zones;
  out.endpoints_cents = cents(kEndpointHour, interfaces * zones);
  out.nat_cents = cents(kNatHour, 1);
  out.nat_zone_cents = cents(kNatHour, zones);
  const std::int64_t more = (out.endpoints_cents - out.nat_cents) * kPerCent;
  constexpr std::int64_t kSaved = kNatGb - kEndpointGb;
  if (more > 0) out.break_even_gb = (more + kSaved - 1) / kSaved;
  return out;
}

std::string dollars(std::int64_t cents) {
  const std::string part = std::to_string(cents % 100);
  return std::to_string(cents / 100) + "." + (part.size() < 2 ? "0" : "") + part;
}

std::string cost_text(const EndpointCost& cost) {
  using namespace endpoint_cost_detail;
  if (cost.interfaces == 0) return "The gateway to S3 costs nothing.";
  std::string text = plural(cost.interfaces, "interface endpoint") + " in " + plural(cost.zones, "zone") + ": " +
                     dollars(cost.endpoints_cents) + " USD a month and " + per_gb(kEndpointGb) +
                     " a GB; S3 by the gateway is free. A NAT gateway: " + dollars(cost.nat_cents) +
                     " USD a month and " + per_gb(kNatGb) + " a GB";
  text += ". The endpoints cost " + against_one(cost);
  if (cost.zones > 1) {
    const bool less = cost.endpoints_cents < cost.nat_zone_cents;
    const bool more = cost.endpoints_cents > cost.nat_zone_cents;
    text += std::string(less   ? "; less"
                        : more ? "; more"
                               : "; as much") +
            (less || more ? " than" : " as") + " one in each zone (" + dollars(cost.nat_zone_cents) + ")";
  }
  return text + ".";
}

std::string price_note() {
  return "list prices of us-east-1, 730 hours (NAT gateways August 2026, endpoints June 2026; "
         "aws.amazon.com/vpc/pricing "
         "and /privatelink/pricing); without traffic between zones and public addresses; other Regions differ";
}

std::string endpoint_price(std::size_t interfaces) {
  const EndpointCost one = endpoint_cost(interfaces, 1);
  return "Cost in us-east-1: " + dollars(one.endpoints_cents) +
         " USD a month for each zone and 0.01 a GB; a NAT "
         "gateway " +
         dollars(one.nat_cents) + " and 0.045 a GB\n(list prices of 2026).";
}

}  // namespace postern::access
