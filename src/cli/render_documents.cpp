#include "cli/render_documents.hpp"

#include "access/install_document.hpp"
#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"
#include "ledger/chain.hpp"

namespace postern::cli {

std::string install_document_version() {
  constexpr std::size_t kDigits = 16;
  return "sha256-" + ledger::to_hex(ledger::sha256(access::install_document_json())).substr(0, kDigits);
}

Result<Rendered> render_documents(RenderFormat format) {
  if (format == RenderFormat::document) return Rendered("install.yaml", access::install_document_yaml());
  TRY(const cfn::Template source, access::document_template(install_document_version()));
  const bool terraform = format == RenderFormat::terraform;
  TRY(std::string text, terraform ? cfn::to_terraform(source) : cfn::to_cloudformation(source));
  return Rendered(terraform ? "documents/main.tf" : "documents.yaml", std::move(text));
}

}  // namespace postern::cli
