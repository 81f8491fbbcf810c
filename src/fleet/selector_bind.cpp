#include <algorithm>

#include "base/text.hpp"
#include "fleet/selector.hpp"

namespace postern::fleet {

namespace selector_bind_detail {

class Binder {
 public:
  Binder(SelectorLookup lookup, const std::vector<std::string>& known) : lookup_(lookup), known_(known) {}

  Result<Selector> bind(const Selector& selector) {
    if (++nodes_ > kSelectorNodesMax) {
      return fail(ErrorKind::usage, "the selector grows beyond " + std::to_string(kSelectorNodesMax) +
                                        " terms once its @names are replaced");
    }
    if (selector.op() == Selector::Op::reference) return bind_reference(selector.key());
    if (selector.operands().empty()) return selector;
    std::vector<Selector> operands;
    for (const Selector& operand : selector.operands()) {
      TRY(Selector bound, bind(operand));
      operands.push_back(std::move(bound));
    }
    switch (selector.op()) {
      case Selector::Op::negation:
        return Selector::negation(std::move(operands.front()));
      case Selector::Op::conjunction:
        return Selector::conjunction(std::move(operands));
      default:
        return Selector::disjunction(std::move(operands));
    }
  }

 private:
  Result<Selector> bind_reference(const std::string& name) {
    const auto open = std::find(open_.begin(), open_.end(), name);
    if (open != open_.end()) {
      std::string loop;
      for (auto step = open; step != open_.end(); ++step) loop += "@" + *step + " -> ";
      return fail(ErrorKind::usage, "selectors refer to each other in a loop: " + printable(loop + "@" + name));
    }
    if (open_.size() >= static_cast<std::size_t>(kSelectorDepthMax)) {
      return fail(ErrorKind::usage,
                  "@names refer to @names more than " + std::to_string(kSelectorDepthMax) + " levels deep");
    }
    const Selector* found = lookup_(name);
    if (found == nullptr) return fail(ErrorKind::usage, unknown(name));
    open_.push_back(name);
    Result<Selector> bound = bind(*found);
    open_.pop_back();
    return bound;
  }

  std::string unknown(const std::string& name) const {
    std::string text = "@" + printable(name, 60) + " is no selector, group or account group of the fleet file";
    const std::vector<std::string_view> candidates(known_.begin(), known_.end());
    if (const std::string_view near = nearest(name, candidates); !near.empty()) {
      return text + "; did you mean '@" + std::string(near) + "'?";
    }
    return known_.empty() ? text + ", which names none" : text;
  }

  SelectorLookup lookup_;
  const std::vector<std::string>& known_;
  std::vector<std::string> open_;
  std::size_t nodes_ = 0;
};

}  // namespace selector_bind_detail

Result<Selector> bind_names(const Selector& selector, SelectorLookup lookup, const std::vector<std::string>& known) {
  selector_bind_detail::Binder binder(lookup, known);
  return binder.bind(selector);
}

}  // namespace postern::fleet
