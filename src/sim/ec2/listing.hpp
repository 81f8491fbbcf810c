#pragma once

/// What all Describe operations share: ids, filters, pages.

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/server.hpp"
#include "aws/core/shape.hpp"
#include "aws/ec2/types.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"

namespace postern::sim::ec2 {

/// `*` is any text, `?` any character, and `\` takes the meaning from the character that follows.
bool filter_match(std::string_view pattern, std::string_view text) noexcept;

/// A kind of id, with AWS's errors for it. `noun` stands in "The <noun> ID 'x' does not exist".
struct IdKind {
  std::string_view prefix;
  std::string_view noun;
  std::string_view malformed;  ///< code
  std::string_view missing;    ///< code
};

/// Ok when `id` looks like one of its kind: the prefix, a dash and 8 or 17 hex digits.
Result<void> check_id(const IdKind& kind, std::string_view id);
Error missing_id(const IdKind& kind, const std::vector<std::string>& ids);

using FilterValues = std::vector<std::string>;

/// A filter's name and where its values are in the described shape: "Routes.NatGatewayId" goes into every list on the
/// way. The filters for tags come with the shape's tags.
struct FilterPath {
  std::string_view filter;
  std::string_view path;
};

/// The values at a path, as text.
void values_at(aws::ConstErased item, std::string_view path, FilterValues& values);

/// A list that is asked for. Borrowed from the request.
struct ListQuestion {
  ListQuestion(const aws::server::CallInfo& call, const std::vector<aws::ec2::Filter>& wanted)
      : info(call), filters(wanted) {}
  const aws::server::CallInfo& info;
  const std::vector<aws::ec2::Filter>& filters;
  const std::vector<std::string>* ids = nullptr;
  const IdKind* kind = nullptr;  ///< of the ids
  std::optional<std::int32_t> page_size;
  std::string_view next_token;
};

struct ListAnswer {
  ListAnswer() = default;
  std::vector<std::size_t> items;  ///< those of this page
  std::optional<std::string> next_token;
};

/// Filters are joined by AND, their values by OR. Fails with InvalidParameterValue for a filter that AWS does not have
/// or that this simulator does not know, FilterLimitExceeded, the kind's errors for an id, or InvalidNextToken.
/// `knows` says whether a filter is known, `values` gives its values for one item.
Result<ListAnswer> list_items(const ListQuestion& question, std::size_t count,
                              FunctionRef<std::string_view(std::size_t)> id, FunctionRef<bool(std::string_view)> knows,
                              FunctionRef<void(std::size_t, std::string_view, FilterValues&)> values);

/// One described shape as the lists see it.
struct ShapeList {
  std::string_view id_path;
  std::span<const FilterPath> filters;
  std::string_view tags_path = "Tags";  ///< empty: no tags
};

/// The same over shapes that are described already: those that are asked for move into `page`.
Result<ListAnswer> list_shapes(const ListQuestion& question, const ShapeList& list, std::size_t count,
                               FunctionRef<aws::ConstErased(std::size_t)> item);

template <class Item>
Result<std::optional<std::string>> list_page(const ListQuestion& question, const ShapeList& list, std::vector<Item> all,
                                             std::vector<Item>& page) {
  const auto at = [&](std::size_t i) { return aws::ConstErased(Item::shape(), &all[i]); };
  TRY(ListAnswer answer, list_shapes(question, list, all.size(), at));
  for (const std::size_t i : answer.items) page.push_back(std::move(all[i]));
  return std::move(answer.next_token);
}

/// The question of a request that has filters, pages and ids. Not every one has all of them.
template <class Request>
ListQuestion question_of(const aws::server::CallInfo& info, const Request& request, const IdKind* kind = nullptr,
                         const std::vector<std::string>* ids = nullptr) {
  ListQuestion question(info, request.filters);
  question.kind = kind;
  question.ids = ids;
  if constexpr (requires { request.max_results; }) {
    question.page_size = request.max_results;
    if (request.next_token) question.next_token = *request.next_token;
  }
  return question;
}

}  // namespace postern::sim::ec2
