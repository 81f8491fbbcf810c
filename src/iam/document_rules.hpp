#pragma once

/// The rules of each kind of document: what AWS refuses, in its words. Used by the parser only.

#include <string>
#include <string_view>

#include "iam/document.hpp"

namespace postern::iam {

/// AWS's sentence for a fault of structure.
inline constexpr std::string_view kSyntaxErrors = "Syntax errors in policy.";

/// `sentence` is IAM's; the context gets `path` and, when not empty, `why`. Organizations has one sentence for
/// everything: there IAM's becomes the `why`.
tl::unexpected<Error> malformed_document(DocumentKind kind, std::string_view sentence, std::string path,
                                         std::string why = std::string());
tl::unexpected<Error> document_too_large(DocumentKind kind, std::size_t size, std::size_t size_max);

/// Each returns IAM's sentence, or an empty one when there is nothing to say.
std::string check_action(DocumentKind kind, std::string_view action);
std::string check_resource(std::string_view resource);
std::string check_sid(DocumentKind kind, std::string_view sid);
/// Elements that the kind forbids or misses.
std::string check_elements(DocumentKind kind, Author author, const Statement& statement);

constexpr bool forbids_principal(DocumentKind kind) noexcept {
  return kind == DocumentKind::identity || kind == DocumentKind::boundary || kind == DocumentKind::session ||
         kind == DocumentKind::scp;
}
constexpr bool is_organization_policy(DocumentKind kind) noexcept {
  return kind == DocumentKind::scp || kind == DocumentKind::rcp;
}

}  // namespace postern::iam
