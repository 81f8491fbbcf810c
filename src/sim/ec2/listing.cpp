#include "sim/ec2/listing.hpp"

#include <algorithm>
#include <set>

#include "aws/core/scalar.hpp"
#include "base/text.hpp"
#include "sim/paging.hpp"

namespace postern::sim::ec2 {
namespace listing {

using aws::server::fault;

constexpr std::size_t kFilterValuesMax = 200;
constexpr std::size_t kIdsMax = 1'000;

/// The character that a pattern means at `at`, and where the next one is.
struct Token {
  enum class Kind : std::uint8_t { text, any_character, any_text } kind = Kind::text;
  char character = 0;
  std::size_t next = 0;
};

Token token_at(std::string_view pattern, std::size_t at) noexcept {
  Token token;
  token.next = at + 1;
  token.character = pattern[at];
  if (token.character == '*') {
    token.kind = Token::Kind::any_text;
  } else if (token.character == '?') {
    token.kind = Token::Kind::any_character;
  } else if (token.character == '\\' && at + 1 < pattern.size()) {
    token.character = pattern[at + 1];
    token.next = at + 2;
  }
  return token;
}

Error invalid_filter(std::string_view name) {
  return fault(ErrorKind::usage, "InvalidParameterValue", "The filter '" + printable(name, 100) + "' is invalid", 400);
}

const aws::Member* member_named(const aws::Shape& shape, std::string_view name) {
  for (const aws::Member& member : shape.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

void collect(const aws::Shape& shape, const void* value, std::string_view path, FilterValues& values) {
  if (value == nullptr) return;
  if (shape.kind == aws::Kind::list) {
    for (std::size_t i = 0; i < shape.ops->list->size(value); ++i) {
      collect(*shape.element, shape.ops->list->at(value, i, *shape.element), path, values);
    }
    return;
  }
  if (shape.kind != aws::Kind::structure) {
    aws::append_scalar(values.emplace_back(), shape, value, aws::TimeFormat::iso8601);
    return;
  }
  const std::size_t dot = path.find('.');
  const aws::Member* member = member_named(shape, path.substr(0, dot));
  if (member == nullptr) return;
  const std::string_view rest = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  collect(*member->shape, aws::member_value(value, *member), rest, values);
}

/// Keys and values of the tags at a path: the value of one key, or all keys, or all values.
void collect_tags(aws::ConstErased item, std::string_view path, std::string_view filter, FilterValues& values) {
  FilterValues keys;
  FilterValues contents;
  values_at(item, std::string(path) + ".Key", keys);
  values_at(item, std::string(path) + ".Value", contents);
  if (filter == "tag-key") {
    values = std::move(keys);
    return;
  }
  for (std::size_t i = 0; i < keys.size() && i < contents.size(); ++i) {
    if (filter == "tag-value" || filter.substr(4) == keys[i]) values.push_back(std::move(contents[i]));
  }
}

bool is_tag_filter(std::string_view name) {
  return (name.starts_with("tag:") && name.size() > 4) || name == "tag-key" || name == "tag-value";
}

std::string_view path_of(std::span<const FilterPath> filters, std::string_view name) {
  for (const FilterPath& filter : filters) {
    if (filter.filter == name) return filter.path;
  }
  return {};
}

Result<void> check_question(const ListQuestion& question, FunctionRef<bool(std::string_view)> knows) {
  std::size_t values = 0;
  for (const aws::ec2::Filter& filter : question.filters) {
    const std::string name = filter.name.value_or("");
    if (!knows(name)) return fail(invalid_filter(name));
    values += filter.values.size();
  }
  if (values > kFilterValuesMax) {
    return fail(fault(ErrorKind::usage, "FilterLimitExceeded",
                      "The maximum number of filter values specified on a single call is 200", 400));
  }
  if (question.ids == nullptr || question.kind == nullptr) return {};
  if (question.ids->size() > kIdsMax) {
    return fail(fault(ErrorKind::usage, "InvalidParameterValue", "Too many ids in one call", 400));
  }
  for (const std::string& id : *question.ids) TRY_VOID(check_id(*question.kind, id));
  return {};
}

bool matches(const ListQuestion& question, std::size_t item,
             FunctionRef<void(std::size_t, std::string_view, FilterValues&)> values_of) {
  FilterValues values;
  return std::all_of(question.filters.begin(), question.filters.end(), [&](const aws::ec2::Filter& filter) {
    values.clear();
    values_of(item, *filter.name, values);
    return std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& pattern) {
      return std::any_of(values.begin(), values.end(),
                         [&](const std::string& value) { return filter_match(pattern, value); });
    });
  });
}

/// Everything that a page's token must agree with.
std::string text_of(const ListQuestion& question) {
  std::string text =
      std::string(question.info.operation->name) + "/" + question.info.caller.account_id + "/" + question.info.region;
  for (const aws::ec2::Filter& filter : question.filters) {
    text += "\n" + filter.name.value_or("") + "=" + join(filter.values, "\t");
  }
  if (question.ids != nullptr) text += "\n" + join(*question.ids, "\t");
  return text;
}

}  // namespace listing

bool filter_match(std::string_view pattern, std::string_view text) noexcept {
  std::size_t at = 0;
  std::size_t in = 0;
  // Where the last '*' began to match, to try again one character later.
  std::size_t retry_pattern = std::string_view::npos;
  std::size_t retry_text = 0;
  while (in < text.size() || at < pattern.size()) {
    if (at < pattern.size()) {
      const listing::Token token = listing::token_at(pattern, at);
      if (token.kind == listing::Token::Kind::any_text) {
        at = token.next;
        retry_pattern = at;
        retry_text = in;
        continue;
      }
      const bool one = token.kind == listing::Token::Kind::any_character;
      if (in < text.size() && (one || token.character == text[in])) {
        at = token.next;
        ++in;
        continue;
      }
    }
    if (retry_pattern == std::string_view::npos || retry_text >= text.size()) return false;
    at = retry_pattern;
    in = ++retry_text;
  }
  return true;
}

Result<void> check_id(const IdKind& kind, std::string_view id) {
  const std::size_t digits = id.size() - std::min(id.size(), kind.prefix.size() + 1);
  const bool named = id.starts_with(kind.prefix) && id.size() > kind.prefix.size() && id[kind.prefix.size()] == '-';
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (named && (digits == 8 || digits == 17) && std::all_of(id.end() - static_cast<long>(digits), id.end(), hex)) {
    return {};
  }
  return fail(listing::fault(
      ErrorKind::usage, std::string(kind.malformed),
      "Invalid id: \"" + printable(id, 60) + "\" (expecting \"" + std::string(kind.prefix) + "-...\")", 400));
}

Error missing_id(const IdKind& kind, const std::vector<std::string>& ids) {
  const std::string noun(kind.noun);
  const std::string text = ids.size() == 1 ? "The " + noun + " ID '" + ids[0] + "' does not exist"
                                           : "The " + noun + " IDs '" + join(ids, ", ") + "' do not exist";
  return listing::fault(ErrorKind::not_found, std::string(kind.missing), text, 400);
}

void values_at(aws::ConstErased item, std::string_view path, FilterValues& values) {
  listing::collect(*item.shape, item.value, path, values);
}

Result<ListAnswer> list_items(const ListQuestion& question, std::size_t count,
                              FunctionRef<std::string_view(std::size_t)> id_of,
                              FunctionRef<bool(std::string_view)> knows,
                              FunctionRef<void(std::size_t, std::string_view, FilterValues&)> values) {
  TRY_VOID(listing::check_question(question, knows));
  std::set<std::string_view> wanted;
  if (question.ids != nullptr) wanted.insert(question.ids->begin(), question.ids->end());
  std::vector<std::size_t> found;
  std::set<std::string_view> missing = wanted;
  for (std::size_t i = 0; i < count; ++i) {
    if (!wanted.empty()) {
      const std::string_view id = id_of(i);
      if (!wanted.contains(id)) continue;
      missing.erase(id);
    }
    if (listing::matches(question, i, values)) found.push_back(i);
  }
  if (!missing.empty() && question.kind != nullptr) {
    return fail(missing_id(*question.kind, std::vector<std::string>(missing.begin(), missing.end())));
  }
  const std::size_t size =
      question.page_size && *question.page_size > 0 ? static_cast<std::size_t>(*question.page_size) : found.size();
  TRY(const Page page, page_of(question.next_token, listing::text_of(question), found.size(), size,
                               [&](std::size_t i) { return id_of(found[i]); }));
  ListAnswer answer;
  answer.items.assign(found.begin() + static_cast<long>(page.begin), found.begin() + static_cast<long>(page.end));
  if (!page.next_token.empty()) answer.next_token = page.next_token;
  return answer;
}

Result<ListAnswer> list_shapes(const ListQuestion& question, const ShapeList& list, std::size_t count,
                               FunctionRef<aws::ConstErased(std::size_t)> item) {
  std::vector<std::string> ids(count);
  for (std::size_t i = 0; i < count; ++i) {
    FilterValues values;
    values_at(item(i), list.id_path, values);
    if (!values.empty()) ids[i] = std::move(values.front());
  }
  const auto id = [&](std::size_t i) { return std::string_view(ids[i]); };
  const auto knows = [&](std::string_view name) {
    return (!list.tags_path.empty() && listing::is_tag_filter(name)) || !listing::path_of(list.filters, name).empty();
  };
  const auto values = [&](std::size_t i, std::string_view name, FilterValues& out) {
    if (listing::is_tag_filter(name)) {
      listing::collect_tags(item(i), list.tags_path, name, out);
    } else {
      values_at(item(i), listing::path_of(list.filters, name), out);
    }
  };
  return list_items(question, count, id, knows, values);
}

}  // namespace postern::sim::ec2
