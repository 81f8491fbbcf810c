#include "adapters/organization_source.hpp"

#include <deque>

#include "aws/core/pager.hpp"
#include "aws/organizations/ops.hpp"
#include "base/text.hpp"

namespace postern::adapters {
namespace {

namespace organizations = aws::organizations;
using UnitByAccount = std::map<std::string, std::string>;

/// A root or a unit whose children are still to be read.
struct Parent {
  Parent(std::string i, std::string p) : id(std::move(i)), path(std::move(p)) {}
  std::string id;
  std::string path;
};

fleet::OrganizationAccount account_of(const organizations::Account& wire) {
  fleet::OrganizationAccount account;
  account.id = wire.id.value_or("");
  account.name = wire.name.value_or("");
  // State has taken Status's place; older endpoints know only the latter.
  if (wire.status) account.state = wire.status->text();
  if (wire.state) account.state = wire.state->text();
  // arn:aws:organizations::MANAGEMENT:account/o-.../ID
  const std::string arn = wire.arn.value_or("");
  const std::vector<std::string_view> parts = split(arn, ':');
  account.is_management = parts.size() == 6 && parts[4] == account.id;
  return account;
}

bool is_not_in_use(const Error& error) {
  return error.aws() != nullptr && error.aws()->code == "AWSOrganizationsNotInUseException";
}

Error explained(Error error) {
  if (error.aws() == nullptr) return error;
  if (is_not_in_use(error)) {
    return std::move(error).with("hint",
                                 "the account belongs to no organisation: write the accounts into the file that "
                                 "`postern init` prints, or use --from-c7n");
  }
  if (error.kind() != ErrorKind::denied) return error;
  return std::move(error).with(
      "hint",
      "only the management account and delegated administrators may list accounts, with organizations:ListAccounts:\n"
      "aws organizations describe-organization --query Organization.MasterAccountId    (which account that is)\n"
      "aws organizations list-delegated-administrators    (who else may; as the management account)\n"
      "aws sts get-caller-identity    (who asked)");
}

}  // namespace

aws::CallScope AwsOrganization::scope() const {
  aws::CallScope scope;
  scope.region = region_;
  scope.credentials = session_.hub();
  return scope;
}

rt::Task<Result<fleet::Organization>> AwsOrganization::read(rt::CallContext ctx) {
  fleet::Organization organization;
  organizations::ListAccountsRequest request;
  aws::Pager<organizations::ListAccounts> pager(ctx, session_.invoker(), scope(), std::move(request));
  for (;;) {
    Result<std::optional<organizations::ListAccountsResponse>> page = co_await pager.next();
    if (!page) co_return fail(explained(std::move(page).error()));
    if (!*page) break;
    for (const organizations::Account& account : (*page)->accounts)
      organization.accounts.push_back(account_of(account));
  }
  const Result<UnitByAccount> units = co_await units_of_accounts(ctx);
  if (!units) {
    if (units.error().kind() == ErrorKind::cancelled) co_return fail(units.error());
    if (is_not_in_use(units.error())) co_return fail(explained(units.error()));
    organization.units_problem = units.error().message();
    co_return organization;
  }
  for (fleet::OrganizationAccount& account : organization.accounts) {
    if (const auto found = units->find(account.id); found != units->end()) account.unit = found->second;
  }
  co_return organization;
}

/// The tree, breadth first: two listings for every unit.
rt::Task<Result<UnitByAccount>> AwsOrganization::units_of_accounts(rt::CallContext ctx) {
  UnitByAccount units;
  std::deque<Parent> open;
  organizations::ListRootsRequest for_roots;
  aws::Pager<organizations::ListRoots> roots(ctx, session_.invoker(), scope(), std::move(for_roots));
  for (;;) {
    CO_TRY(const auto page, co_await roots.next());
    if (!page) break;
    for (const organizations::Root& root : page->roots) open.emplace_back(root.id.value_or(""), "");
  }
  for (std::size_t seen = 0; !open.empty(); ++seen) {
    if (seen > kUnitsMax) co_return fail(ErrorKind::malformed, "more than 2,000 organisational units");
    const Parent parent = std::move(open.front());
    open.pop_front();
    organizations::ListOrganizationalUnitsForParentRequest for_units;
    for_units.parent_id = parent.id;
    aws::Pager<organizations::ListOrganizationalUnitsForParent> children(ctx, session_.invoker(), scope(),
                                                                         std::move(for_units));
    for (;;) {
      CO_TRY(const auto page, co_await children.next());
      if (!page) break;
      for (const organizations::OrganizationalUnit& unit : page->organizational_units) {
        const std::string path = parent.path + (parent.path.empty() ? "" : "/") + unit.name.value_or("");
        open.emplace_back(unit.id.value_or(""), path);
      }
    }
    if (parent.path.empty()) continue;  // at the root: in no unit
    organizations::ListAccountsForParentRequest for_accounts;
    for_accounts.parent_id = parent.id;
    aws::Pager<organizations::ListAccountsForParent> accounts(ctx, session_.invoker(), scope(),
                                                              std::move(for_accounts));
    for (;;) {
      CO_TRY(const auto page, co_await accounts.next());
      if (!page) break;
      for (const organizations::Account& account : page->accounts) units.emplace(account.id.value_or(""), parent.path);
    }
  }
  co_return units;
}

}  // namespace postern::adapters
