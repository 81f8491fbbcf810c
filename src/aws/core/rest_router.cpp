#include "aws/core/rest_router.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::aws::server {
namespace rest_router {

/// The query of a request as far as routing asks for it.
class Query {
 public:
  explicit Query(std::string_view text) {
    for (const std::string_view pair : split(text, '&')) {
      if (pair.empty()) continue;
      const std::size_t equals = pair.find('=');
      Parameter parameter;
      parameter.name = percent_decode(pair.substr(0, equals)).value_or(std::string());
      parameter.bare = equals == std::string_view::npos;
      if (!parameter.bare) parameter.value = pair.substr(equals + 1);
      parameters_.push_back(std::move(parameter));
    }
  }
  bool has(std::string_view name) const {
    return std::any_of(parameters_.begin(), parameters_.end(), [name](const auto& p) { return p.name == name; });
  }
  bool has(const UriTemplate::QueryLiteral& literal) const {
    return std::any_of(parameters_.begin(), parameters_.end(),
                       [&](const auto& p) { return p.name == literal.name && p.value == literal.value; });
  }
  /// Every parameter without a value is one that the operation knows.
  bool fits(const UriTemplate& uri, const Shape& input) const {
    return std::all_of(parameters_.begin(), parameters_.end(), [&](const Parameter& parameter) {
      if (!parameter.bare) return true;
      const auto& literals = uri.query();
      const bool literal = std::any_of(literals.begin(), literals.end(),
                                       [&](const auto& candidate) { return candidate.name == parameter.name; });
      return literal || std::any_of(input.members.begin(), input.members.end(), [&](const Member& member) {
               return member.location == Location::query_map ||
                      (member.location == Location::query && member.wire_name == parameter.name);
             });
    });
  }

 private:
  struct Parameter {
    Parameter() = default;
    std::string name;
    std::string_view value;
    bool bare = false;
  };
  std::vector<Parameter> parameters_;
};

/// One letter per segment, in the order of specificity, and then how much of the query is asked for.
std::string rank_of(const UriTemplate& uri, std::size_t asked) {
  std::string rank;
  for (const UriTemplate::Segment& segment : uri.segments())
    rank += static_cast<char>('a' + static_cast<int>(segment.part));
  // The more the better: 'z' - 1 stands before 'z'.
  rank += static_cast<char>('z' - static_cast<int>(std::min<std::size_t>(asked, 20)));
  return rank;
}

}  // namespace rest_router

RestRouter::Candidate::Candidate(const Entry& e) : entry(&e), uri(e.operation->request_uri) {
  for (const Member& member : e.operation->input->members) {
    if (!member.required) continue;
    if (member.location == Location::query) queries.push_back(member.wire_name);
    if (member.location == Location::header) headers.push_back(member.wire_name);
  }
  rank = rest_router::rank_of(uri, uri.query().size() + queries.size() + headers.size());
}

RestRouter::RestRouter(std::span<const Entry> entries) {
  candidates_.reserve(entries.size());
  for (const Entry& entry : entries) candidates_.emplace_back(entry);
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    return a.entry->operation->name < b.entry->operation->name;
  });
}

const Entry* RestRouter::find(const http::Request& request) const {
  const rest_router::Query query(request.query());
  const Entry* nearest = nullptr;
  std::size_t fewest = 0;
  for (const Candidate& candidate : candidates_) {
    if (candidate.entry->operation->http_method != request.method || !candidate.uri.match(request.path())) continue;
    const auto literals = candidate.uri.query();
    if (!std::all_of(literals.begin(), literals.end(), [&](const auto& literal) { return query.has(literal); }))
      continue;
    if (!query.fits(candidate.uri, *candidate.entry->operation->input)) continue;
    const auto missing = std::count_if(candidate.queries.begin(), candidate.queries.end(),
                                       [&](std::string_view name) { return !query.has(name); }) +
                         std::count_if(candidate.headers.begin(), candidate.headers.end(),
                                       [&](std::string_view name) { return request.headers.find(name) == nullptr; });
    if (missing == 0) return candidate.entry;
    if (nearest == nullptr || static_cast<std::size_t>(missing) < fewest) {
      nearest = candidate.entry;
      fewest = static_cast<std::size_t>(missing);
    }
  }
  return nearest;
}

}  // namespace postern::aws::server
