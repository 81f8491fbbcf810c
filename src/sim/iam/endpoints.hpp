#pragma once

/// The VPC endpoints that requests may come through, as authorisation sees them.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "iam/evaluate.hpp"

namespace postern::sim {

/// The header that tells which endpoint a request came through; the value is the endpoint's id, optionally followed by
/// a space and the caller's private address. Only the simulated network sends it.
inline constexpr std::string_view kEndpointHeader = "x-sim-vpc-endpoint";

struct Endpoint {
  Endpoint() = default;
  std::string id;              ///< "vpce-..."
  std::string vpc_id;          ///< aws:SourceVpc
  iam::EndpointPolicy policy;  ///< without a document: everything is allowed
};
using EndpointPtr = std::shared_ptr<const Endpoint>;

/// Loop thread only.
class EndpointRegistry {
 public:
  void put(Endpoint endpoint) {
    std::string id = endpoint.id;
    endpoints_.insert_or_assign(std::move(id), std::make_shared<const Endpoint>(std::move(endpoint)));
  }
  void erase(std::string_view id) {
    if (const auto found = endpoints_.find(id); found != endpoints_.end()) endpoints_.erase(found);
  }
  EndpointPtr find(std::string_view id) const {
    const auto found = endpoints_.find(id);
    return found == endpoints_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string, EndpointPtr, std::less<>> endpoints_;
};

}  // namespace postern::sim
