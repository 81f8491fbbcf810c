#include "iam/document.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "iam/document_rules.hpp"

namespace postern::iam {

std::string_view to_string(DocumentKind kind) noexcept {
  switch (kind) {
    case DocumentKind::identity:
      return "identity";
    case DocumentKind::boundary:
      return "boundary";
    case DocumentKind::session:
      return "session";
    case DocumentKind::trust:
      return "trust";
    case DocumentKind::resource:
      return "resource";
    case DocumentKind::scp:
      return "scp";
    case DocumentKind::rcp:
      return "rcp";
    case DocumentKind::endpoint:
      return "endpoint";
  }
  return "";
}

std::string_view to_string(Effect effect) noexcept {
  return effect == Effect::allow ? "Allow" : "Deny";
}

std::size_t default_quota(DocumentKind kind) noexcept {
  switch (kind) {
    case DocumentKind::identity:
      return kRoleInlinePoliciesSizeMax;
    case DocumentKind::boundary:
      return kManagedPolicySizeMax;
    case DocumentKind::session:
      return kSessionPolicySizeMax;
    case DocumentKind::trust:
      return kTrustPolicySizeMax;
    case DocumentKind::resource:
      return kResourcePolicySizeMax;
    case DocumentKind::scp:
    case DocumentKind::rcp:
      return kOrganizationPolicySizeMax;
    case DocumentKind::endpoint:
      return kEndpointPolicySizeMax;
  }
  return 0;
}

ActionSet::ActionSet(std::vector<std::string> texts) : texts_(std::move(texts)) {
  TextPattern::Options options;
  for (const std::string& text : texts_) {
    std::string folded = to_lower(text);
    if (folded.find_first_of("*?") == std::string::npos) {
      exact_.push_back(std::move(folded));
      continue;
    }
    TextPattern glob(folded, options);
    all_ = all_ || glob.matches_all();
    globs_.push_back(std::move(glob));
  }
  std::sort(exact_.begin(), exact_.end());
}

bool ActionSet::contains(std::string_view folded) const {
  if (all_ || std::binary_search(exact_.begin(), exact_.end(), folded)) return true;
  const KeyLookup none(nullptr, nullptr, nullptr, nullptr);
  return std::any_of(globs_.begin(), globs_.end(), [&](const TextPattern& g) { return g.matches(folded, none); });
}

Result<DocumentPtr> Document::bind_principals(FunctionRef<std::optional<std::string>(const std::string&)> id_of) const {
  auto bound = std::make_shared<Document>(*this);
  for (Statement& statement : bound->statements_) {
    for (PrincipalEntry& entry : statement.principals) {
      if (entry.type != PrincipalEntry::Type::user && entry.type != PrincipalEntry::Type::role) continue;
      std::optional<std::string> id = id_of(entry.text);
      if (!id) {
        const std::string sentence = "Invalid principal in policy: \"AWS\":\"" + entry.text + "\"";
        return malformed_document(kind_, sentence, "Principal");
      }
      entry.unique_id = std::move(*id);
    }
  }
  return DocumentPtr(std::move(bound));
}

}  // namespace postern::iam
