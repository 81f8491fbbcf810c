#include "sim/signals/metric_query.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace postern::sim::signals {
namespace metric_query_detail {

/// Words, quoted names and the signs ( ) ,
std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    if (c == '"') {
      end = text.find('"', at + 1);
      out.emplace_back(text.substr(at, end == std::string_view::npos ? end : end + 1 - at));
      at = end == std::string_view::npos ? text.size() : end + 1;
      continue;
    }
    if (c != '(' && c != ')' && c != ',') end = text.find_first_of(" \t\n\r(),\"", at);
    if (end == std::string_view::npos) end = text.size();
    out.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string name_of(const std::string& token) {
  const bool quoted = token.size() >= 2 && token.front() == '"' && token.back() == '"';
  return quoted ? token.substr(1, token.size() - 2) : token;
}

std::string statistic_of(const std::string& function) {
  const std::string name = to_upper(function);
  if (name == "MAX") return "Maximum";
  if (name == "MIN") return "Minimum";
  if (name == "AVG") return "Average";
  if (name == "SUM") return "Sum";
  return name == "COUNT" ? "SampleCount" : "";
}

class Reader {
 public:
  explicit Reader(std::string_view text) : tokens_(tokens_of(text)) {}
  bool takes(std::string_view word) {
    if (at_ >= tokens_.size() || to_upper(tokens_[at_]) != word) return false;
    ++at_;
    return true;
  }
  std::string name() { return at_ < tokens_.size() ? name_of(tokens_[at_++]) : std::string(); }
  bool at_end() const { return at_ >= tokens_.size(); }

 private:
  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
};

/// ("space", dimension, ...)
bool read_schema(Reader& from, MetricQuery& query) {
  if (!from.takes("(")) return false;
  query.space = from.name();
  query.dimensions.emplace();
  while (from.takes(",")) query.dimensions->insert(from.name());
  return from.takes(")");
}

}  // namespace metric_query_detail

bool MetricQuery::matches(std::string_view metric_space, std::string_view metric_name,
                          const std::map<std::string, std::string>& metric_dimensions) const {
  if (metric_space != space || metric_name != name) return false;
  if (!dimensions) return true;
  return dimensions->size() == metric_dimensions.size() &&
         std::all_of(metric_dimensions.begin(), metric_dimensions.end(),
                     [&](const auto& one) { return dimensions->contains(one.first); });
}

Result<MetricQuery> parse_metric_query(std::string_view text) {
  using namespace metric_query_detail;
  Reader from(text);
  MetricQuery query;
  const bool selects = from.takes("SELECT");
  query.statistic = statistic_of(from.name());
  bool good = selects && !query.statistic.empty() && from.takes("(");
  query.name = from.name();
  good = good && from.takes(")") && from.takes("FROM");
  if (good && from.takes("SCHEMA")) {
    good = read_schema(from, query);
  } else {
    query.space = from.name();
  }
  if (good && from.at_end() && !query.name.empty() && !query.space.empty()) return query;
  return fail(ErrorKind::unsupported, "the query " + printable(text, 200) + " is not offered by this simulator");
}

}  // namespace postern::sim::signals
