#pragma once

/// The instance metadata service as one instance of the cloud sees it; version 1 only where the instance allows it.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

struct MetadataView {
  MetadataView() = default;
  MetadataView(std::string instance, int distance) : instance_id(std::move(instance)), hops(distance) {}
  std::string instance_id;
  /// How far away the callers are: 1 on the instance itself, 2 in a container behind a bridge. An answer with a token
  /// travels no farther than the instance's hop limit.
  int hops = 1;
};

/// Answers what 169.254.169.254 would. Tokens are bounded in number and end after their time. Signatures of the
/// identity document are not offered (404): nobody but AWS holds the keys. The cloud outlives it; loop thread only.
class InstanceMetadata final : public http::Service {
 public:
  InstanceMetadata(Cloud& cloud, MetadataView view) : cloud_(cloud), view_(std::move(view)) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override;

 private:
  http::Response make_token(rt::CallContext ctx, const http::Request& request);
  bool knows_token(rt::CallContext ctx, std::string_view token);
  std::optional<std::string> read(rt::CallContext ctx, const Instance& instance, std::string_view path);
  std::optional<std::string> credentials(rt::CallContext ctx, const Instance& instance, std::string_view name);
  std::string identity_document(const Instance& instance) const;

  Cloud& cloud_;
  MetadataView view_;
  std::map<std::string, WallTime, std::less<>> tokens_;  ///< token -> its end
  struct Issued {
    Issued() = default;
    IssuedKey key;
    WallTime updated;
  };
  std::map<std::string, Issued, std::less<>> issued_;  ///< by role name
};

}  // namespace postern::sim
