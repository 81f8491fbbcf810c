#include "flow/document_look.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "rt/combine.hpp"

namespace postern::flow {
namespace document_look {

constexpr std::string_view kExecutionTimeout = "executionTimeout";
constexpr std::int64_t kLongestSeconds = 172'800;
constexpr std::size_t kPlacesShown = 5;
constexpr std::size_t kProblemsShown = 20;
constexpr std::size_t kHashShown = 12;

/// One call, for all the needs that it answers.
struct Question {
  Question() = default;
  fleet::ScopePtr scope;
  std::string name;
  std::string version;
  std::vector<std::size_t> needs;
  std::optional<Result<DocumentDescription>> answer;
};

class Asker {
 public:
  Asker(rt::CallContext ctx, DocumentPort& port, std::vector<Question>& questions)
      : ctx_(ctx), port_(&port), questions_(&questions) {}
  rt::Task<void> operator()(std::size_t index) const {
    Question& question = (*questions_)[index];
    question.answer.emplace(co_await port_->describe(ctx_, question.scope, question.name, question.version));
  }

 private:
  rt::CallContext ctx_;
  DocumentPort* port_;
  std::vector<Question>* questions_;
};

std::string_view version_of(const CommandSpec& spec, Shell shell) {
  const std::optional<DocumentSpec>& document = spec.document_for(shell);
  return document ? std::string_view(document->version) : std::string_view();
}

bool is_sent(const CommandSpec& spec, Shell shell) {
  return spec.is_script() || spec.document_for(shell).has_value();
}

bool is_number(std::string_view version) {
  return !version.empty() && std::all_of(version.begin(), version.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<Question> questions_of(const CommandSpec& spec, const std::vector<DocumentNeed>& needs) {
  std::vector<Question> questions;
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const DocumentNeed& need = needs[i];
    if (!is_sent(spec, need.shell)) continue;
    const std::string name(document_of(spec, need.shell));
    std::string place = need.scope->region.text();
    if (!is_amazon_document(name)) place = need.scope->label() + " " + need.scope->access.describe();
    const auto [at, fresh] = known.emplace(name + "\n" + place, questions.size());
    if (fresh) {
      Question question;
      question.scope = need.scope;
      question.name = name;
      question.version = std::string(version_of(spec, need.shell));
      questions.push_back(std::move(question));
    }
    questions[at->second].needs.push_back(i);
  }
  return questions;
}

std::string places_text(const std::vector<std::string>& places) {
  const std::size_t shown = std::min(places.size(), kPlacesShown);
  std::string out =
      join(std::vector<std::string>(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(shown)), ", ");
  if (places.size() > shown) out += " and " + std::to_string(places.size() - shown) + " more";
  return out;
}

/// Sentences, each with the places that it is true of.
class Complaints {
 public:
  void add(std::string what, std::string place) {
    auto [at, fresh] = places_.try_emplace(what);
    if (fresh) order_.push_back(std::move(what));
    at->second.push_back(std::move(place));
  }
  bool empty() const noexcept { return order_.empty(); }
  std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < std::min(order_.size(), kProblemsShown); ++i) {
      if (i > 0) out += "; ";
      out += order_[i] + " (" + places_text(places_.at(order_[i])) + ")";
    }
    if (order_.size() > kProblemsShown) out += "; and " + std::to_string(order_.size() - kProblemsShown) + " more";
    return out;
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<std::string>> places_;
};

DocumentParameters parameters_of(const CommandSpec& spec, Shell shell) {
  if (const std::optional<DocumentSpec>& document = spec.document_for(shell)) return document->parameters;
  DocumentParameters parameters;
  parameters["commands"] = spec.lines(shell);
  parameters["executionTimeout"].push_back(std::to_string(spec.execution_timeout.count()));
  return parameters;
}

class Judge {
 public:
  Judge(const CommandSpec& spec, const std::vector<DocumentNeed>& needs, const LookOptions& options)
      : spec_(spec), needs_(needs), options_(options) {}

  void hear(const Question& question, DocumentLook& look) {
    const Result<DocumentDescription>& answer = *question.answer;
    if (answer) {
      for (const std::size_t index : question.needs) see(needs_[index], *answer, look);
      return;
    }
    const Error& error = answer.error();
    const std::string place = question.scope->label();
    if (error.kind() == ErrorKind::not_found && !spec_.is_script()) {
      absent_.add("there is no document " + printable(question.name, 140) +
                      (question.version.empty() ? "" : " of version " + printable(question.version, 20)),
                  place);
    } else if (spec_.is_script() || is_number(question.version)) {
      unseen_.add("the document " + printable(question.name, 140) + " could not be looked at (" +
                      printable(error.message(), 300) + "): its parameters are checked by Systems Manager alone",
                  place);
    } else {
      unknown_.add("the document " + printable(question.name, 140) + " could not be looked at (" +
                       printable(error.message(), 300) + ")",
                   place);
    }
  }

  Result<void> verdict(DocumentLook& look) const {
    if (!absent_.empty() || !wrong_.empty()) {
      return fail(ErrorKind::usage, absent_.text() + (absent_.empty() || wrong_.empty() ? "" : "; ") + wrong_.text());
    }
    if (!unknown_.empty()) {
      return fail(Error(ErrorKind::refused, unknown_.text() +
                                                ": which version would run, and with which content, is not known. "
                                                "Allow ssm:DescribeDocument, or name a version by its number "
                                                "(--document NAME:3)")
                      .with("rail", "document"));
    }
    if (!unseen_.empty()) look.notes.push_back(unseen_.text());
    return Result<void>();
  }

 private:
  void see(const DocumentNeed& need, const DocumentDescription& document, DocumentLook& look) {
    DocumentLook::Seen seen;
    seen.scope = need.scope;
    seen.shell = need.shell;
    seen.document = document;
    look.seen.push_back(std::move(seen));
    // Targets of a platform that it is not for are skipped one by one.
    const std::vector<DocumentPlatform> any;
    for (ParameterProblem& problem :
         find_parameter_problems(document, parameters_of(spec_, need.shell), any, options_.braces)) {
      wrong_.add(std::move(problem.message), need.scope->label());
    }
  }

  const CommandSpec& spec_;
  const std::vector<DocumentNeed>& needs_;
  const LookOptions& options_;
  Complaints absent_;
  Complaints wrong_;
  Complaints unknown_;
  Complaints unseen_;
};

Shell shell_of(const fleet::Instance& instance) {
  return instance.platform == fleet::Platform::windows ? Shell::powershell : Shell::sh;
}

std::optional<DocumentPlatform> platform_of(const fleet::Instance& instance) {
  switch (instance.platform) {
    case fleet::Platform::linux_os:
      return DocumentPlatform::linux_;
    case fleet::Platform::windows:
      return DocumentPlatform::windows;
    case fleet::Platform::macos:
      return DocumentPlatform::macos;
    case fleet::Platform::unknown:
      break;
  }
  return std::nullopt;
}

bool before(const fleet::Scope& a, Shell a_shell, const fleet::Scope& b, Shell b_shell) {
  if (scope_before(a, b)) return true;
  return !scope_before(b, a) && a_shell < b_shell;
}

const DocumentLook::Seen* find(const DocumentLook& look, const fleet::Scope& scope, Shell shell) {
  // Sorted as the needs were.
  const auto at = std::partition_point(look.seen.begin(), look.seen.end(), [&](const DocumentLook::Seen& one) {
    return before(*one.scope, one.shell, scope, shell);
  });
  return at != look.seen.end() && *at->scope == scope && at->shell == shell ? &*at : nullptr;
}

std::optional<std::chrono::seconds> seconds_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || value <= 0 || value > kLongestSeconds) return std::nullopt;
  return std::chrono::seconds(value);
}

const ParameterDescription* execution_time_of(const DocumentDescription& document) {
  for (const ParameterDescription& parameter : document.parameters) {
    if (parameter.name == kExecutionTimeout) return &parameter;
  }
  return nullptr;
}

}  // namespace document_look

std::vector<DocumentNeed> document_needs(std::span<const fleet::Instance> instances) {
  std::vector<DocumentNeed> needs;
  const auto before = [](const DocumentNeed& a, const DocumentNeed& b) {
    return document_look::before(*a.scope, a.shell, *b.scope, b.shell);
  };
  const auto same = [](const DocumentNeed& a, const DocumentNeed& b) {
    return a.shell == b.shell && *a.scope == *b.scope;
  };
  for (const fleet::Instance& instance : instances) {
    if (!obstacle_of(instance).empty()) continue;
    DocumentNeed need;
    need.scope = instance.ref.scope_ptr();
    need.shell = document_look::shell_of(instance);
    if (!needs.empty() && same(needs.back(), need)) continue;  // they come scope by scope
    needs.push_back(std::move(need));
  }
  std::sort(needs.begin(), needs.end(), before);
  needs.erase(std::unique(needs.begin(), needs.end(), same), needs.end());
  return needs;
}

rt::Task<Result<DocumentLook>> look_at_documents(rt::CallContext ctx, DocumentPort& port, const CommandSpec& spec,
                                                 std::vector<DocumentNeed> needs, LookOptions options) {
  DocumentLook look;
  std::vector<document_look::Question> questions = document_look::questions_of(spec, needs);
  const document_look::Asker ask(ctx, port, questions);
  co_await rt::for_each_bounded(questions.size(), std::max<std::size_t>(options.concurrency, 1), ask);
  const bool cancelled = co_await rt::is_cancelled();
  if (cancelled) co_return fail(ErrorKind::cancelled, "looking at documents was interrupted");
  document_look::Judge judge(spec, needs, options);
  for (const document_look::Question& question : questions) judge.hear(question, look);
  std::sort(look.seen.begin(), look.seen.end(), [](const DocumentLook::Seen& a, const DocumentLook::Seen& b) {
    return document_look::before(*a.scope, a.shell, *b.scope, b.shell);
  });
  CO_TRY_VOID(judge.verdict(look));
  co_return look;
}

std::string why_unfit(const CommandSpec& spec, const DocumentLook& look, const fleet::Instance& instance) {
  const Shell shell = document_look::shell_of(instance);
  if (spec.is_script()) return shell == Shell::powershell ? spec.no_windows : std::string();
  if (!spec.document_for(shell)) {
    return shell == Shell::powershell ? "no document for Windows was named (--document-windows)"
                                      : "no document for its platform was named (--document)";
  }
  const DocumentLook::Seen* seen = document_look::find(look, instance.ref.scope(), shell);
  const std::optional<DocumentPlatform> platform = document_look::platform_of(instance);
  if (seen == nullptr || !platform || seen->document.platforms.empty()) return {};
  const auto& can = seen->document.platforms;
  if (std::find(can.begin(), can.end(), *platform) != can.end()) return {};
  std::vector<std::string> names;
  for (const DocumentPlatform one : can) names.emplace_back(to_string(one));
  return seen->document.name + " is for " + join(names, ", ") + ", not for " + std::string(to_string(*platform));
}

std::vector<DocumentPin> document_pins(const CommandSpec& spec, const DocumentLook& look, const Plan& plan) {
  std::vector<DocumentPin> pins;
  if (spec.is_script()) return pins;
  std::map<std::pair<std::uint32_t, Shell>, DocumentPin> needed;
  for (const BatchPlan& batch : plan.batches) {
    DocumentPin& pin = needed[std::pair(batch.scope, batch.shell)];
    pin.scope = batch.scope;
    pin.shell = batch.shell;
  }
  for (auto& [key, pin] : needed) {
    const DocumentLook::Seen* seen = document_look::find(look, *plan.scopes[pin.scope], pin.shell);
    pin.version = std::string(document_look::version_of(spec, pin.shell));
    if (seen != nullptr) {
      if (!seen->document.version.empty()) pin.version = seen->document.version;
      pin.hash = seen->document.hash;
    }
    pins.push_back(std::move(pin));
  }
  return pins;
}

void settle_execution_time(CommandSpec& spec, const DocumentLook& look, std::optional<std::chrono::seconds> given) {
  if (spec.is_script()) return;
  std::chrono::seconds longest{};
  for (const Shell shell : {Shell::sh, Shell::powershell}) {
    std::optional<DocumentSpec>& document = shell == Shell::powershell ? spec.windows_document : spec.document;
    if (!document) continue;
    const auto seen = std::find_if(look.seen.begin(), look.seen.end(),
                                   [shell](const DocumentLook::Seen& one) { return one.shell == shell; });
    const ParameterDescription* parameter =
        seen == look.seen.end() ? nullptr : document_look::execution_time_of(seen->document);
    const auto value = document->parameters.find(document_look::kExecutionTimeout);
    std::optional<std::chrono::seconds> time;
    if (value != document->parameters.end() && !value->second.empty()) {
      time = document_look::seconds_in(value->second.front());
    } else if (parameter != nullptr && given) {
      document->parameters[std::string(document_look::kExecutionTimeout)] = {std::to_string(given->count())};
      time = given;
    } else if (parameter != nullptr) {
      time = document_look::seconds_in(parameter->default_value.value_or(""));
    }
    longest = std::max(longest, time.value_or(given.value_or(spec.execution_timeout)));
  }
  spec.execution_timeout = longest;
}

std::vector<std::string> describe_documents(const DocumentLook& look) {
  std::vector<std::pair<std::string, std::size_t>> lines;
  for (const DocumentLook::Seen& seen : look.seen) {
    const DocumentDescription& document = seen.document;
    std::string line = printable(document.name, 140);
    if (!document.version.empty()) line += " version " + printable(document.version, 20);
    if (!document.hash.empty())
      line += " (sha256 " + printable(document.hash.substr(0, document_look::kHashShown)) + ")";
    const auto same = std::find_if(lines.begin(), lines.end(), [&line](const auto& one) { return one.first == line; });
    if (same == lines.end()) {
      lines.emplace_back(std::move(line), 1);
    } else {
      ++same->second;
    }
  }
  std::vector<std::string> out;
  for (auto& [line, scopes] : lines) {
    out.push_back(lines.size() < 2 ? line : line + " in " + plural(scopes, "scope"));
  }
  return out;
}

}  // namespace postern::flow
