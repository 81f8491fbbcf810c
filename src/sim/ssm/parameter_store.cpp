#include "sim/ssm/parameter_store.hpp"

#include "aws/core/server.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace parameter_store_detail {

using aws::server::fault;

/// The name in "arn:aws:ssm:R:ACCOUNT:parameter/a/b" ("/a/b"), or the text itself.
std::string bare_name(std::string_view name) {
  constexpr std::string_view kMark = ":parameter";
  const std::size_t mark = name.starts_with("arn:") ? name.find(kMark) : std::string_view::npos;
  if (mark == std::string_view::npos) return std::string(name);
  std::string_view rest = name.substr(mark + kMark.size());
  // A name without levels has no slash of its own: parameter/plain.
  if (rest.find('/', 1) == std::string_view::npos && rest.starts_with('/')) rest.remove_prefix(1);
  return std::string(rest);
}

constexpr std::string_view kReference = "{{ssm:";

}  // namespace parameter_store_detail

StoredParameter* ParameterStore::find(const std::string& account, const std::string& region, std::string_view name) {
  const auto found = parameters_.find(Key(account, region, parameter_store_detail::bare_name(name)));
  if (found != parameters_.end()) return &found->second;
  if (!name.starts_with("arn:")) return nullptr;
  const auto slashed = parameters_.find(Key(account, region, "/" + parameter_store_detail::bare_name(name)));
  return slashed == parameters_.end() ? nullptr : &slashed->second;
}

const StoredParameter* ParameterStore::find(const std::string& account, const std::string& region,
                                            std::string_view name) const {
  return const_cast<ParameterStore*>(this)->find(account, region, name);
}

Result<const StoredParameter*> ParameterStore::put(const std::string& account, const std::string& region,
                                                   StoredParameter parameter) {
  const Key key(account, region, parameter.name);
  if (!parameters_.contains(key)) {
    std::size_t count = 0;
    for (auto one = parameters_.lower_bound(Key(account, region, std::string()));
         one != parameters_.end() && std::get<0>(one->first) == account && std::get<1>(one->first) == region; ++one) {
      ++count;
    }
    if (count >= kParametersMax) {
      return fail(parameter_store_detail::fault(ErrorKind::conflict, "ParameterLimitExceeded",
                                                "You have exceeded the number of parameters for this account.", 400));
    }
  }
  return &parameters_.insert_or_assign(key, std::move(parameter)).first->second;
}

bool ParameterStore::erase(const std::string& account, const std::string& region, std::string_view name) {
  return parameters_.erase(Key(account, region, std::string(name))) > 0;
}

std::vector<const StoredParameter*> ParameterStore::below(const std::string& account, const std::string& region,
                                                          std::string_view path, Depth depth) const {
  std::string prefix(path);
  if (!prefix.ends_with('/')) prefix += '/';
  std::vector<const StoredParameter*> found;
  for (auto one = parameters_.lower_bound(Key(account, region, prefix)); one != parameters_.end(); ++one) {
    const std::string& name = std::get<2>(one->first);
    if (std::get<0>(one->first) != account || std::get<1>(one->first) != region || !name.starts_with(prefix)) break;
    const bool deeper = name.find('/', prefix.size()) != std::string::npos;
    if (depth == Depth::recursive || !deeper) found.push_back(&one->second);
  }
  return found;
}

Result<DocumentValues> ParameterStore::put_in(const std::string& account, const std::string& region,
                                              DocumentValues values) const {
  using namespace parameter_store_detail;
  for (auto& [name, given] : values) {
    for (std::string& text : given) {
      // One pass: what a parameter's value contains is not looked at again.
      std::string out;
      std::size_t at = 0;
      for (std::size_t open = text.find(kReference); open != std::string::npos; open = text.find(kReference, at)) {
        const std::size_t close = text.find("}}", open);
        if (close == std::string::npos) break;
        const std::string_view wanted =
            trim(std::string_view(text).substr(open + kReference.size(), close - open - kReference.size()));
        const StoredParameter* found = find(account, region, wanted);
        if (found == nullptr || found->type == StoredParameter::Type::secure_string) {
          const std::string why =
              found == nullptr ? " does not exist" : " is a SecureString, which is not supported here";
          return fail(fault(ErrorKind::usage, "InvalidParameters",
                            "The parameter " + printable(wanted, 100) + " of Parameter Store" + why, 400));
        }
        out.append(text, at, open - at).append(found->value.reveal());
        at = close + 2;
      }
      if (at > 0) text = out.append(text, at);
    }
  }
  return values;
}

}  // namespace postern::sim
