#pragma once

/// Which operation of one service a REST request means, by method, URI template and query. Pure.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/rest_uri.hpp"
#include "aws/core/server.hpp"
#include "http/message.hpp"

namespace postern::aws::server {

/// More specific templates are tried first: a literal segment before a label, a label before a greedy one, more
/// literals of the query (and more required query and header members: UploadPart against PutObject) before fewer. A
/// parameter without a value ("?acl") names a sub-resource: an operation that does not know it is not meant. When only
/// required members are missing, the operation that misses the fewest is named, so that its own check can say so.
class RestRouter {
 public:
  /// `entries` outlive the router.
  explicit RestRouter(std::span<const Entry> entries);
  /// The path is in path style (rest_bucket.hpp). Null when nothing fits.
  const Entry* find(const http::Request& request) const;

 private:
  struct Candidate {
    explicit Candidate(const Entry& e);
    const Entry* entry;
    UriTemplate uri;
    std::string rank;                       ///< compares: less is more specific
    std::vector<std::string_view> queries;  ///< required members' names
    std::vector<std::string_view> headers;
  };

  std::vector<Candidate> candidates_;
};

}  // namespace postern::aws::server
