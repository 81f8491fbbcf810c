// From JSON to a Document. Every complaint is AWS's sentence with the place in the document beside it.
#include <algorithm>

#include "base/json_reader.hpp"
#include "base/text.hpp"
#include "iam/document.hpp"
#include "iam/document_rules.hpp"

namespace postern::iam {
namespace {

constexpr std::string_view kInvalidJson = "This policy contains invalid Json";

// What the tree cannot show any more: duplicate keys (the last would win silently), nesting, control characters, and
// the size without white space.
class ShapeCheck {
 public:
  explicit ShapeCheck(std::string_view text) : reader_(text, kDocumentDepthMax) {}

  /// Empty when the text is well formed, otherwise what is wrong.
  std::string run() {
    value();
    if (problem_.empty() && !reader_.finish()) problem_ = reader_.error().message();
    return problem_;
  }

 private:
  // Nested at most kDocumentDepthMax deep: the reader refuses more.
  void value() {
    std::string_view text;
    switch (reader_.peek()) {
      case JsonReader::Kind::object:
        return object();
      case JsonReader::Kind::array:
        if (!reader_.begin_array()) return;
        while (problem_.empty() && reader_.next_element()) value();
        return;
      case JsonReader::Kind::string:
        if (reader_.read_string(text)) characters(text);
        return;
      default:
        reader_.skip_value();
    }
  }

  void object() {
    if (!reader_.begin_object()) return;
    std::vector<std::string> keys;
    std::string_view key;
    while (problem_.empty() && reader_.next_key(key)) {
      characters(key);
      keys.emplace_back(key);
      value();
    }
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end() && problem_.empty()) problem_ = "the key \"" + printable(*twice, 80) + "\" occurs twice";
  }

  void characters(std::string_view text) {
    const auto control = [](char c) {
      return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    };
    if (std::any_of(text.begin(), text.end(), control)) problem_ = "a text contains a control character";
  }

  JsonReader reader_;
  std::string problem_;
};

// White space outside of strings is not counted by IAM.
std::size_t size_without_space(std::string_view text) {
  std::size_t size = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
      size += 2;
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (quoted || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) ++size;
  }
  return size;
}

}  // namespace

class DocumentParser {
 public:
  DocumentParser(DocumentKind kind, const ParseOptions& options)
      : kind_(kind), options_(options), document_(std::shared_ptr<Document>(new Document())) {}

  Result<DocumentPtr> parse(std::string_view text) {
    TRY_VOID(check_size(text));
    if (std::string problem = ShapeCheck(text).run(); !problem.empty())
      return malformed_document(kind_, kInvalidJson, std::string(), std::move(problem));
    auto tree = Json::parse(text);
    if (!tree) return malformed_document(kind_, kInvalidJson, std::string(), tree.error().message());
    if (!tree->is_object()) return syntax(std::string(), "a policy is a JSON object");
    document_->kind_ = kind_;
    TRY_VOID(top(*tree));
    TRY_VOID(statements((*tree)["Statement"]));
    return DocumentPtr(std::move(document_));
  }

 private:
  tl::unexpected<Error> syntax(std::string path, std::string why) const {
    return malformed_document(kind_, kSyntaxErrors, std::move(path), std::move(why));
  }

  Result<void> check_size(std::string_view text) {
    if (text.size() > kDocumentBytesMax) return document_too_large(kind_, text.size(), kDocumentBytesMax);
    document_->size_ = is_organization_policy(kind_) ? text.size() : size_without_space(text);
    const std::size_t quota = options_.author == Author::aws && !options_.size_max
                                  ? kDocumentBytesMax
                                  : options_.size_max.value_or(default_quota(kind_));
    if (document_->size_ > quota) return document_too_large(kind_, document_->size_, quota);
    return {};
  }

  Result<void> top(const Json& tree) {
    for (const Json::Member& member : tree.members()) {
      if (member.key == "Statement") continue;
      if (member.key != "Version" && member.key != "Id") return syntax(member.key, "no such element");
      if (!member.value.is_string()) return syntax(member.key, "must be a text");
    }
    document_->version_ = tree["Version"].to_string().value_or("2008-10-17");
    document_->id_ = tree["Id"].to_string().value_or("");
    const bool current = document_->version_ == "2012-10-17";
    if (!current && document_->version_ != "2008-10-17") return syntax("Version", "must be 2012-10-17 or 2008-10-17");
    if (!current && options_.version == VersionRule::current)
      return malformed_document(kind_, "Policy document must be version 2012-10-17 or greater.", "Version");
    variables_ = current ? Variables::on : Variables::off;
    return {};
  }

  Result<void> statements(const Json& value) {
    if (value.is_object()) {
      TRY_VOID(statement(value, "Statement"));
    } else {
      if (!value.is_array() || value.empty()) return syntax("Statement", "must be a statement or a list of them");
      if (value.size() > kStatementsMax) return syntax("Statement", "too many statements");
      std::size_t index = 0;
      for (const Json& item : value.items()) TRY_VOID(statement(item, "Statement[" + std::to_string(index++) + "]"));
    }
    std::vector<std::string_view> sids;
    for (const Statement& one : document_->statements_)
      if (!one.sid.empty()) sids.push_back(one.sid);
    std::sort(sids.begin(), sids.end());
    if (const auto twice = std::adjacent_find(sids.begin(), sids.end()); twice != sids.end())
      return malformed_document(kind_, "Statement IDs (SID) in a single policy must be unique.", "Statement",
                                "\"" + std::string(*twice) + "\" occurs twice");
    return {};
  }

  Result<void> statement(const Json& value, const std::string& path) {
    if (!value.is_object()) return syntax(path, "a statement is a JSON object");
    Statement made;
    for (const Json::Member& member : value.members()) TRY_VOID(element(member, made, path));
    if (!value.contains("Effect"))
      return kind_ == DocumentKind::trust ? malformed_document(kind_, "Missing required field Effect", path)
                                          : syntax(path, "Effect is missing");
    if (made.action_scope == Scope::absent) {
      const bool trust = kind_ == DocumentKind::trust;
      return malformed_document(
          kind_, trust ? "Missing required field Action" : "Policy statement must contain actions.", path);
    }
    if (std::string problem = check_elements(kind_, options_.author, made); !problem.empty())
      return malformed_document(kind_, problem, path);
    auto& of_effect = made.effect == Effect::deny ? document_->denies_ : document_->allows_;
    of_effect.push_back(static_cast<std::uint32_t>(document_->statements_.size()));
    document_->statements_.push_back(std::move(made));
    return {};
  }

  Result<void> element(const Json::Member& member, Statement& out, const std::string& path) {
    const std::string& key = member.key;
    const std::string here = path + "." + key;
    const bool negative = key.starts_with("Not");
    const Scope scope = negative ? Scope::all_except : Scope::only;
    if (key == "Sid") return sid(member.value, out, here);
    if (key == "Effect") return effect(member.value, out, here);
    if (key == "Action" || key == "NotAction") return actions(member.value, scope, out, here);
    if (key == "Resource" || key == "NotResource") return resources(member.value, scope, out, here);
    if (key == "Principal" || key == "NotPrincipal") return principals(member.value, scope, out, here);
    if (key == "Condition") return conditions(member.value, out, here);
    return kind_ == DocumentKind::trust ? malformed_document(kind_, "Has prohibited field " + printable(key, 80), here)
                                        : syntax(here, "no such element");
  }

  Result<void> sid(const Json& value, Statement& out, const std::string& path) {
    if (!value.is_string()) return syntax(path, "must be a text");
    out.sid = value.as_string();
    if (std::string problem = check_sid(kind_, out.sid); !problem.empty())
      return malformed_document(kind_, problem, path);
    return {};
  }

  Result<void> effect(const Json& value, Statement& out, const std::string& path) {
    if (value == Json("Deny"))
      out.effect = Effect::deny;
    else if (value != Json("Allow"))
      return syntax(path, "must be Allow or Deny");
    return {};
  }

  // A text or a list of texts.
  Result<std::vector<std::string>> texts(const Json& value, const std::string& path) {
    std::vector<std::string> out;
    if (value.is_string()) {
      out.push_back(value.as_string());
      return out;
    }
    if (!value.is_array()) return syntax(path, "must be a text or a list of texts");
    for (const Json& item : value.items()) {
      if (!item.is_string()) return syntax(path + "[" + std::to_string(out.size()) + "]", "must be a text");
      out.push_back(item.as_string());
    }
    return out;
  }

  Result<void> actions(const Json& value, Scope scope, Statement& out, const std::string& path) {
    if (out.action_scope != Scope::absent) return syntax(path, "Action and NotAction exclude each other");
    TRY(auto list, texts(value, path));
    if (list.empty()) return malformed_document(kind_, "Policy statement must contain actions.", path);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (std::string problem = check_action(kind_, list[i]); !problem.empty())
        return malformed_document(kind_, problem, list.size() == 1 ? path : path + "[" + std::to_string(i) + "]");
    }
    out.action_scope = scope;
    out.actions = ActionSet(std::move(list));
    return {};
  }

  Result<void> resources(const Json& value, Scope scope, Statement& out, const std::string& path) {
    if (out.resource_scope != Scope::absent) return syntax(path, "Resource and NotResource exclude each other");
    TRY(auto list, texts(value, path));
    if (list.empty()) return malformed_document(kind_, "Policy statement must contain resources.", path);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (std::string problem = check_resource(list[i]); !problem.empty() && kind_ != DocumentKind::trust)
        return malformed_document(kind_, problem, list.size() == 1 ? path : path + "[" + std::to_string(i) + "]");
      out.resources.emplace_back(list[i], variables_, ArnPattern::VariableFields::last);
    }
    out.resource_scope = scope;
    return {};
  }

  Result<void> principals(const Json& value, Scope scope, Statement& out, const std::string& path) {
    if (forbids_principal(kind_))
      return malformed_document(kind_, "Policy document should not specify a principal.", path);
    if (out.principal_scope != Scope::absent) return syntax(path, "Principal and NotPrincipal exclude each other");
    out.principal_scope = scope;
    if (value == Json("*")) {
      PrincipalEntry everyone;
      everyone.key = "STAR";
      everyone.text = "*";
      out.principals.push_back(std::move(everyone));
      return {};
    }
    if (!value.is_object()) return syntax(path, "must be \"*\" or name AWS, Service, Federated or CanonicalUser");
    for (const Json::Member& member : value.members()) {
      TRY(auto list, texts(member.value, path + "." + member.key));
      for (const std::string& text : list) {
        auto entry = PrincipalEntry::parse(member.key, text);
        if (!entry) return malformed_document(kind_, entry.error().message(), path + "." + printable(member.key, 80));
        out.principals.push_back(std::move(*entry));
      }
    }
    if (out.principals.empty())
      return malformed_document(kind_, "Missing required field Principal cannot be empty!", path);
    return {};
  }

  Result<void> conditions(const Json& value, Statement& out, const std::string& path) {
    if (!value.is_object()) return syntax(path, "must map operators to keys");
    for (const Json::Member& block : value.members()) {
      const std::string here = path + "." + printable(block.key, 80);
      if (!block.value.is_object()) return syntax(here, "must map keys to values");
      for (const Json::Member& one : block.value.members()) TRY_VOID(condition(block.key, one, out, here));
      if (!parse_operator(block.key)) return syntax(here, "no such condition operator");
    }
    return {};
  }

  Result<void> condition(const std::string& op, const Json::Member& one, Statement& out, const std::string& path) {
    const std::string here = path + "." + printable(one.key, 200);
    if (one.key.find(':') == std::string::npos || one.key.starts_with(':'))
      return malformed_document(kind_, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                                here);
    TRY(auto values, condition_values(one.value, here));
    auto made = Condition::make(op, one.key, std::move(values), variables_);
    if (!made) return syntax(here, made.error().message());
    out.conditions.push_back(std::move(*made));
    return {};
  }

  // Numbers and truth values may stand without quotes.
  Result<std::vector<std::string>> condition_values(const Json& value, const std::string& path) {
    std::vector<std::string> out;
    const auto take = [&](const Json& item) {
      if (item.is_string())
        out.push_back(item.as_string());
      else if (item.is_bool() || item.is_number())
        out.push_back(item.dump());
      else
        return false;
      return true;
    };
    if (!value.is_array()) {
      if (!take(value)) return syntax(path, "must be a value or a list of values");
      return out;
    }
    for (const Json& item : value.items())
      if (!take(item))
        return syntax(path + "[" + std::to_string(out.size()) + "]", "must be a text, number or truth value");
    return out;
  }

  DocumentKind kind_;
  ParseOptions options_;
  Variables variables_ = Variables::off;
  std::shared_ptr<Document> document_;
};

Result<DocumentPtr> parse_document(DocumentKind kind, std::string_view text, const ParseOptions& options) {
  return DocumentParser(kind, options).parse(text);
}

Result<DocumentPtr> document_from_json(DocumentKind kind, const Json& document, const ParseOptions& options) {
  return DocumentParser(kind, options).parse(document.dump());
}

}  // namespace postern::iam
