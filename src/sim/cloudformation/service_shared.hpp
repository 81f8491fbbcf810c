#pragma once

/// What the operations of CloudFormation share. Private to them.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "sim/cloudformation/service.hpp"
#include "sim/paging.hpp"

namespace postern::sim::stacks {

inline constexpr std::size_t kPageSize = 100;

inline Error refusal(ErrorKind kind, std::string code, std::string message) {
  return aws::server::fault(kind, std::move(code), std::move(message));
}

/// One page of `all` into `out`; `next` is set when there is another.
template <class Item, class Key>
Result<void> take_page(const std::optional<std::string>& token, std::string_view question, std::vector<Item>& all,
                       std::vector<Item>& out, std::optional<std::string>& next, const Key& key,
                       std::size_t size = kPageSize) {
  std::string kept;
  const auto key_at = [&](std::size_t i) -> std::string_view {
    kept = key(all[i]);
    return kept;
  };
  const Result<Page> page = page_of(token.value_or(""), question, all.size(), size, key_at);
  if (!page) return fail(validation_error("Invalid NextToken"));
  for (std::size_t i = page->begin; i < page->end; ++i) out.push_back(std::move(all[i]));
  if (!page->next_token.empty()) next = page->next_token;
  return {};
}

/// Letters, digits and hyphens, a letter first. Errors: ValidationError.
Result<void> check_name(std::string_view member, const std::string& name, std::size_t length_max = 128);
/// What the template asks for beyond what was acknowledged: "CAPABILITY_NAMED_IAM"; empty: nothing.
std::string required_capability(const Template& from);
std::string missing_capability(const Template& from, const std::vector<std::string>& acknowledged);
inline Result<void> expect_capabilities(const Template& from, const std::vector<std::string>& acknowledged) {
  const std::string missing = missing_capability(from, acknowledged);
  if (missing.empty()) return {};
  return fail(
      refusal(ErrorKind::usage, "InsufficientCapabilitiesException", "Requires capabilities : [" + missing + "]"));
}
/// A template of known resource types. Errors: ValidationError.
Result<std::shared_ptr<const Template>> template_of(const std::optional<std::string>& body,
                                                    const std::optional<std::string>& url);
/// "AWS::IAM::Role, AWS::IAM::Policy" that need a capability.
std::vector<std::string> capable_types(const Template& from);
/// The value of a parameter as it is shown.
std::string shown_value(const ParameterDecl& decl, const Json& value);

template <class Tag>
Result<Tags> tags_of(const std::vector<Tag>& given) {
  constexpr std::size_t kTagsMax = 50;
  Tags out;
  if (given.size() > kTagsMax) return fail(validation_error("A maximum of 50 tags can be specified."));
  for (const Tag& tag : given) {
    if (starts_with_ignore_case(*tag.key, "aws:")) {
      return fail(validation_error("Tag keys must not begin with aws:"));
    }
    if (!out.emplace(*tag.key, *tag.value).second) {
      return fail(validation_error("Duplicate tag key " + printable(*tag.key, 128)));
    }
  }
  return out;
}

template <class Texts>
std::vector<std::string> open_texts(const Texts& from) {
  std::vector<std::string> out;
  for (const auto& one : from) out.emplace_back(one.text());
  return out;
}

}  // namespace postern::sim::stacks
