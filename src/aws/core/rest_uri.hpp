#pragma once

/// URI templates of the REST protocols: "/{Bucket}/{Key+}?list-type=2". Labels are whole segments; one label may be
/// greedy and then takes slashes too (Smithy, "http trait"). Everything borrows the template, which is constant.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace postern::aws {

class UriTemplate {
 public:
  enum class Part : std::uint8_t { literal, label, greedy };
  struct Segment {
    Segment(Part p, std::string_view t) : part(p), text(t) {}
    Part part;
    std::string_view text;  ///< the literal, or the label's name
  };
  /// A literal of the query: "uploads" or "list-type=2".
  struct QueryLiteral {
    QueryLiteral(std::string_view n, std::string_view v) : name(n), value(v) {}
    std::string_view name;
    std::string_view value;
  };

  explicit UriTemplate(std::string_view request_uri);
  std::span<const Segment> segments() const noexcept { return segments_; }
  std::span<const QueryLiteral> query() const noexcept { return query_; }
  /// What follows '?', as it is written.
  std::string_view query_text() const noexcept { return query_text_; }

  /// The labels' texts in the order of their segments, still percent-encoded; absent when the path does not fit. A
  /// label takes at least one character. A slash at the path's end may be missing or be there, greedy labels aside.
  std::optional<std::vector<std::string_view>> match(std::string_view path) const;

 private:
  bool match_exactly(std::string_view path, std::vector<std::string_view>& labels) const;

  std::vector<Segment> segments_;
  std::vector<QueryLiteral> query_;
  std::string_view query_text_;
};

}  // namespace postern::aws
