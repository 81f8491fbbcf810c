#include "cli/render_endpoints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::cli {
namespace render_endpoints_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kCopies =
    "accounts: [{id: \"444455556666\", name: payments, role: Work}]\n"
    "copies:\n  - {s3: \"s3://copies-east/cp\", region: us-east-1}\n  - {s3: \"s3://copies-west\", region: "
    "us-west-2}\n";

std::optional<fleet::FleetFile> fleet_of(const std::string& hub) {
  Result<fleet::FleetFile> parsed =
      fleet::parse_fleet_file("version: 1\nhub: {" + hub + "}\n" + std::string(kCopies), "postern.yaml");
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed ? std::optional<fleet::FleetFile>(std::move(*parsed)) : std::nullopt;
}

std::string rendered(const std::optional<fleet::FleetFile>& fleet) {
  const std::vector<std::string> words = {"render", "endpoints"};
  const Result<Invocation> invocation = parse_command_line(words);
  EXPECT_TRUE(invocation);
  Result<access::EndpointOrder> order = endpoint_order(*invocation);
  EXPECT_TRUE(order);
  order->copies = signed_copies(fleet);
  const Result<Rendered> out = render_endpoints(*invocation, *order);
  EXPECT_TRUE(out);
  return out ? out->text : std::string();
}

TEST(RenderEndpoints, LetThroughWhatTheHubSignsForCopiesOfEveryRegion) {
  const auto fleet = fleet_of("account: \"111122223333\"");
  EXPECT_THAT(rendered(fleet),
              AllOf(HasSubstr("Sid: CarryCopies\n"), HasSubstr("s3:::copies-east/cp/*\n"),
                    HasSubstr("s3:::copies-west/*\n"), HasSubstr("aws:PrincipalAccount: '111122223333'\n")));
  EXPECT_EQ(unsigned_note(fleet), "");
  EXPECT_THAT(rendered(std::nullopt), Not(HasSubstr("CarryCopies")));
  EXPECT_EQ(unsigned_note(std::nullopt), "");
}

TEST(RenderEndpoints, SayWhenNobodyKnowsWhoSigns) {
  const auto fleet = fleet_of("region: us-east-1");
  EXPECT_THAT(rendered(fleet), Not(HasSubstr("CarryCopies")));
  EXPECT_EQ(unsigned_note(fleet),
            "postern.yaml has copies and not the account that signs for them: policies of S3 gateways can neither be "
            "made nor judged for them without hub: {account: ID}");
}

}  // namespace render_endpoints_test
}  // namespace postern::cli
