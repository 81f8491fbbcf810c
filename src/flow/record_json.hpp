#pragma once

/// The values inside of run records as JSON. Reading never fails half-way: a Reader remembers the first thing that was
/// wrong and gives empty values from then on.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "flow/run_records.hpp"

namespace postern::flow::record_json {

class Reader {
 public:
  /// Both outlive it and every Reader made from it.
  Reader(const Json& json, std::string& trouble, std::string path = {})
      : json_(&json), trouble_(&trouble), path_(std::move(path)) {}

  void complain(std::string_view wanted);
  Reader at(std::string_view key) const;
  std::vector<Reader> items();
  std::string value();                              ///< this one is text
  std::string text(std::string_view key);           ///< required
  std::string optional_text(std::string_view key);  ///< empty when absent
  std::uint32_t number(std::string_view key);
  std::int64_t whole(std::string_view key);
  bool flag(std::string_view key);
  bool has(std::string_view key) const { return json_->contains(key); }
  std::vector<std::string> texts(std::string_view key);
  std::vector<std::string> names();  ///< of this object's members

 private:
  const Json* json_;
  std::string* trouble_;
  std::string path_;
};

Json json_of(const RunHeader& header);
void read(Reader in, RunHeader& header);
Json json_of(const std::vector<fleet::ScopePtr>& scopes);
std::vector<fleet::ScopePtr> read_scopes(Reader in);
Json json_of(const record::TargetEnd& end);
record::TargetEnd read_target_end(Reader in);

Json json_of(const DocumentPin& pin);
DocumentPin read_pin(Reader in);

std::string_view name_of(record::SendEnd end) noexcept;
std::string_view name_of(record::Decision decision) noexcept;
std::string_view name_of(record::HoldCause cause) noexcept;
record::SendEnd send_end_of(Reader in, std::string_view key);
record::Decision decision_of(Reader in, std::string_view key);
record::HoldCause hold_cause_of(Reader in, std::string_view key);
ErrorKind error_kind_of(Reader in, std::string_view key);

}  // namespace postern::flow::record_json
