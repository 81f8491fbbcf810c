#include "iam/document.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace postern::iam {
namespace {

struct Refusal {
  std::string_view name;
  DocumentKind kind;
  std::string_view text;
  std::string_view message;
  std::string_view path;
  std::string_view code = "MalformedPolicyDocument";
};

constexpr std::string_view kSyntax = "Syntax errors in policy.";
constexpr std::string_view kInvalidJson = "This policy contains invalid Json";
constexpr std::string_view kOrganization =
    "The provided policy document does not meet the requirements of the specified policy type.";
constexpr std::string_view kOrganizationCode = "MalformedPolicyDocumentException";

using K = DocumentKind;

const Refusal kRefusals[] = {
    {"Empty", K::identity, "", kInvalidJson, ""},
    {"NoObject", K::identity, "[]", kSyntax, ""},
    {"CutShort", K::identity, R"({"Statement":[)", kInvalidJson, ""},
    {"TwoObjects", K::scp, R"({"Statement":[]}{})", kOrganization, "", kOrganizationCode},
    {"DuplicateKey", K::identity, R"({"Statement":{"Effect":"Allow","Action":"*","Action":"*","Resource":"*"}})",
     kInvalidJson, ""},
    {"ControlCharacter", K::identity, R"({"Statement":{"Effect":"Allow","Action":"s3:\u0001","Resource":"*"}})",
     kInvalidJson, ""},
    {"NoStatement", K::identity, R"({"Version":"2012-10-17"})", kSyntax, "Statement"},
    {"EmptyStatements", K::identity, R"({"Statement":[]})", kSyntax, "Statement"},
    {"StatementIsText", K::identity, R"({"Statement":["x"]})", kSyntax, "Statement[0]"},
    {"UnknownElement", K::identity, R"({"Statment":[]})", kSyntax, "Statment"},
    {"UnknownStatementElement", K::identity,
     R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Resources":"*"}]})", kSyntax,
     "Statement[0].Resources"},
    {"VersionUnknown", K::identity, R"({"Version":"2012-10-18","Statement":{}})", kSyntax, "Version"},
    {"VersionNumber", K::identity, R"({"Version":2012,"Statement":{}})", kSyntax, "Version"},
    {"EffectMissing", K::identity, R"({"Statement":{"Action":"*","Resource":"*"}})", kSyntax, "Statement"},
    {"EffectCase", K::identity, R"({"Statement":{"Effect":"allow","Action":"*","Resource":"*"}})", kSyntax,
     "Statement.Effect"},
    {"NoAction", K::identity, R"({"Statement":{"Effect":"Allow","Resource":"*"}})",
     "Policy statement must contain actions.", "Statement"},
    {"EmptyActions", K::identity, R"({"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}})",
     "Policy statement must contain actions.", "Statement.Action"},
    {"BothActions", K::identity, R"({"Statement":{"Effect":"Allow","Action":"*","NotAction":"s3:*","Resource":"*"}})",
     kSyntax, "Statement.NotAction"},
    {"NoVendor", K::identity, R"({"Statement":{"Effect":"Allow","Action":["s3:*","GetObject"],"Resource":"*"}})",
     "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", "Statement.Action[1]"},
    {"TwoColons", K::identity, R"({"Statement":{"Effect":"Allow","Action":"s3:a:b","Resource":"*"}})",
     "Actions/Condition can contain only one colon.", "Statement.Action"},
    {"BadVendor", K::identity, R"({"Statement":{"Effect":"Allow","Action":"s3*:Get","Resource":"*"}})",
     "Vendor s3* is not valid", "Statement.Action"},
    {"NoResource", K::identity, R"({"Statement":{"Effect":"Allow","Action":"*"}})",
     "Policy statement must contain resources.", "Statement"},
    {"ResourceNoArn", K::identity, R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"bucket"}})",
     "Resource bucket must be in ARN format or \"*\".", "Statement.Resource"},
    {"ResourcePartition", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":["*","arn:asw:s3:::b"]}})",
     "Partition \"asw\" is not valid for resource \"arn:asw:s3:::b\".", "Statement.Resource[1]"},
    {"ResourceVendor", K::identity, R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws"}})",
     "Resource vendor must be fully qualified and cannot contain regexes.", "Statement.Resource"},
    {"IamRegion", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam:us-east-1:111122223333:role/x"}})",
     "IAM resource arn:aws:iam:us-east-1:111122223333:role/x cannot contain region information.", "Statement.Resource"},
    {"S3Region", K::identity, R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:us-east-1::b"}})",
     "Resource arn:aws:s3:us-east-1::b can not contain region information.", "Statement.Resource"},
    {"SidTwice", K::identity,
     R"({"Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},
                      {"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]})",
     "Statement IDs (SID) in a single policy must be unique.", "Statement"},
    {"SidCharacters", K::identity, R"({"Statement":{"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"}})",
     "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
     "Statement.Sid"},
    {"PrincipalInIdentity", K::identity,
     R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}})",
     "Policy document should not specify a principal.", "Statement.Principal"},
    {"PrincipalInBoundary", K::boundary,
     R"({"Statement":{"Effect":"Deny","NotPrincipal":"*","Action":"*","Resource":"*"}})",
     "Policy document should not specify a principal.", "Statement.NotPrincipal"},
    {"OperatorUnknown", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEqual":{"aws:x":"y"}}}})",
     kSyntax, "Statement.Condition.StringEqual.aws:x"},
    {"OperatorUnknownAndEmpty", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Foo":{}}}})", kSyntax,
     "Statement.Condition.Foo"},
    {"NullIfExists", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NullIfExists":{"aws:x":"true"}}}})",
     kSyntax, "Statement.Condition.NullIfExists.aws:x"},
    {"ConditionKey", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"secure":"true"}}}})",
     "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", "Statement.Condition.Bool.secure"},
    {"ConditionValue", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:x":{"y":1}}}}})", kSyntax,
     "Statement.Condition.Bool.aws:x"},
    {"NoNumber", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericEquals":{"aws:x":"ten"}}}})",
     kSyntax, "Statement.Condition.NumericEquals.aws:x"},
    {"NoDate", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*",
         "Condition":{"DateEquals":{"aws:x":"2026-13-01"}}}})",
     kSyntax, "Statement.Condition.DateEquals.aws:x"},
    {"NoAddress", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*",
         "Condition":{"IpAddress":{"aws:x":"10.0.0.0/33"}}}})",
     kSyntax, "Statement.Condition.IpAddress.aws:x"},
    {"NoTruth", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:x":"maybe"}}}})", kSyntax,
     "Statement.Condition.Bool.aws:x"},
    {"NoBase64", K::identity,
     R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"BinaryEquals":{"aws:x":"%%"}}}})",
     kSyntax, "Statement.Condition.BinaryEquals.aws:x"},
    {"TrustResource", K::trust,
     R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Resource":"*"}})",
     "Has prohibited field Resource", "Statement"},
    {"TrustNotPrincipal", K::trust,
     R"({"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}})",
     "Has prohibited field NotPrincipal", "Statement"},
    {"TrustNoPrincipal", K::trust, R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}})",
     "Missing required field Principal", "Statement"},
    {"TrustEmptyPrincipal", K::trust, R"({"Statement":{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}})",
     "Missing required field Principal cannot be empty!", "Statement.Principal"},
    {"TrustStar", K::trust, R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}})",
     "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".", "Statement"},
    {"TrustAction", K::trust, R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*"}})",
     "AssumeRole policy may only specify STS AssumeRole actions.", "Statement.Action"},
    {"PrincipalShort", K::trust,
     R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"1"},"Actions":"sts:AssumeRole"}})",
     "Invalid principal in policy: \"AWS\":\"1\"", "Statement.Principal.AWS"},
    {"PrincipalWildcard", K::trust,
     R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/*"},
         "Action":"sts:AssumeRole"}})",
     "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/*\"", "Statement.Principal.AWS"},
    {"PrincipalGroup", K::trust,
     R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:group/g"},
         "Action":"sts:AssumeRole"}})",
     "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:group/g\"", "Statement.Principal.AWS"},
    {"PrincipalKey", K::resource,
     R"({"Statement":{"Effect":"Allow","Principal":{"Aws":"111122223333"},"Action":"s3:*","Resource":"*"}})",
     "Invalid principal in policy: \"Aws\":\"111122223333\"", "Statement.Principal.Aws"},
    {"PrincipalService", K::resource,
     R"({"Statement":{"Effect":"Allow","Principal":{"Service":"*"},"Action":"s3:*","Resource":"*"}})",
     "Invalid principal in policy: \"Service\":\"*\"", "Statement.Principal.Service"},
    {"ResourcePolicyWithoutPrincipal", K::resource,
     R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})", "Missing required field Principal",
     "Statement"},
    {"EndpointWithoutPrincipal", K::endpoint, R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})",
     "Missing required field Principal", "Statement"},
    {"ScpPrincipal", K::scp, R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}})",
     kOrganization, "Statement.Principal", kOrganizationCode},
    {"RcpAllows", K::rcp, R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}})",
     kOrganization, "Statement", kOrganizationCode},
    {"RcpPrincipal", K::rcp,
     R"({"Statement":{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"}})", kOrganization,
     "Statement", kOrganizationCode},
    {"RcpNotAction", K::rcp, R"({"Statement":{"Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"}})",
     kOrganization, "Statement", kOrganizationCode},
    {"RcpEveryAction", K::rcp, R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}})",
     kOrganization, "Statement", kOrganizationCode},
    {"RcpService", K::rcp, R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"ec2:*","Resource":"*"}})",
     kOrganization, "Statement", kOrganizationCode},
};

TEST(PolicyDocument, SaysWhatIsWrongAsAwsSaysIt) {
  for (const Refusal& row : kRefusals) {
    SCOPED_TRACE(row.name);
    const auto parsed = parse_document(row.kind, row.text);
    ASSERT_FALSE(parsed);
    const Error& error = parsed.error();
    EXPECT_EQ(error.kind(), ErrorKind::malformed);
    EXPECT_EQ(error.message(), row.message) << error.to_text();
    EXPECT_EQ(error.context("path"), row.path) << error.to_text();
    ASSERT_NE(error.aws(), nullptr);
    EXPECT_EQ(error.aws()->code, row.code);
  }
}

std::string padded(std::size_t sids) {
  std::string text = R"({"Version":"2012-10-17","Statement":[{"Sid":")" + std::string(sids, 'x') +
                     R"(","Effect":"Allow","Action":"*","Resource":"*"}]})";
  return text;
}

TEST(PolicyDocument, EnforcesTheQuotaOfItsKind) {
  struct Row {
    DocumentKind kind;
    std::size_t size;
    std::string_view code;
    std::string_view message;
  };
  const Row rows[] = {
      {K::boundary, kManagedPolicySizeMax, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"},
      {K::identity, kRoleInlinePoliciesSizeMax, "LimitExceeded", "Cannot exceed quota for PolicySize: 10240"},
      {K::session, kSessionPolicySizeMax, "PackedPolicyTooLarge",
       "Packed size of session policy exceeds the limit of 2048 characters."},
      {K::scp, kOrganizationPolicySizeMax, "ConstraintViolationException",
       "You have exceeded the maximum policy size."},
  };
  for (const Row& row : rows) {
    const std::size_t frame = padded(0).size();
    EXPECT_TRUE(parse_document(row.kind, padded(row.size - frame)));
    const auto large = parse_document(row.kind, padded(row.size - frame + 1));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().aws()->code, row.code);
    EXPECT_EQ(large.error().message(), row.message);
  }
}

TEST(PolicyDocument, WhiteSpaceCountsForOrganizationsOnly) {
  const std::string spaced = "  " + padded(kManagedPolicySizeMax - padded(0).size()) + "\n\n";
  const auto boundary = parse_document(K::boundary, spaced);
  ASSERT_TRUE(boundary);
  EXPECT_EQ((*boundary)->size(), kManagedPolicySizeMax);
  EXPECT_FALSE(parse_document(K::scp, " " + padded(kOrganizationPolicySizeMax - padded(0).size())));
}

TEST(PolicyDocument, AwsMayWriteMoreThanItsCustomers) {
  ParseOptions aws;
  aws.author = Author::aws;
  EXPECT_TRUE(parse_document(K::identity, padded(60000), aws));
  EXPECT_TRUE(parse_document(
      K::rcp, R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}})",
      aws));
  EXPECT_FALSE(parse_document(K::identity, padded(kDocumentBytesMax), aws));
  ParseOptions small;
  small.size_max = 100;
  EXPECT_FALSE(parse_document(K::identity, padded(60), small));
}

TEST(PolicyDocument, OldVersionsAreReadAndMayBeRefused) {
  constexpr std::string_view kOld = R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})";
  const auto old = parse_document(K::identity, kOld);
  ASSERT_TRUE(old);
  EXPECT_EQ((*old)->version(), "2008-10-17");
  ParseOptions current;
  current.version = VersionRule::current;
  const auto refused = parse_document(K::identity, kOld, current);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "Policy document must be version 2012-10-17 or greater.");
}

TEST(PolicyDocument, KeepsWhatItRead) {
  const auto parsed = parse_document(K::resource, R"({
      "Version": "2012-10-17", "Id": "keys",
      "Statement": [
        {"Sid": "Let them in", "Effect": "Allow", "Principal": {"AWS": ["111122223333",
         "arn:aws:iam::111122223333:user/a"],
         "Service": "ec2.amazonaws.com"}, "Action": ["KMS:Decrypt", "kms:Enc*"], "Resource": "*",
         "Condition": {"NumericLessThan": {"kms:x": 5}, "Bool": {"aws:SecureTransport": [true, "false"]}}},
        {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "NotAction": "kms:*",
         "NotResource": "arn:aws:kms:*:*:key/1"}]})");
  ASSERT_TRUE(parsed) << parsed.error().to_text();
  const Document& document = **parsed;
  EXPECT_EQ(document.id(), "keys");
  ASSERT_EQ(document.statements().size(), 2U);
  EXPECT_EQ(document.allows(), std::vector<std::uint32_t>{0});
  EXPECT_EQ(document.denies(), std::vector<std::uint32_t>{1});
  const Statement& first = document.statements()[0];
  EXPECT_EQ(first.sid, "Let them in");
  EXPECT_EQ(first.principals.size(), 3U);
  EXPECT_EQ(first.principals[2].key, "Service");
  EXPECT_EQ(first.actions.texts(), (std::vector<std::string>{"KMS:Decrypt", "kms:Enc*"}));
  EXPECT_TRUE(first.covers_action("kms:encrypt"));
  ASSERT_EQ(first.conditions.size(), 2U);
  EXPECT_EQ(first.conditions[0].values(), std::vector<std::string>{"5"});
  EXPECT_EQ(first.conditions[1].values(), (std::vector<std::string>{"true", "false"}));
  const Statement& second = document.statements()[1];
  EXPECT_EQ(second.principal_scope, Scope::all_except);
  EXPECT_EQ(second.action_scope, Scope::all_except);
  EXPECT_EQ(second.resource_scope, Scope::all_except);
}

TEST(PolicyDocument, BindsPrincipalsToIdsAsIamDoesWhenItSaves) {
  const auto parsed = parse_document(K::trust, R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
      "Principal": {"AWS": ["arn:aws:iam::111122223333:role/Ops", "444455556666"]}, "Action": "sts:AssumeRole"}})");
  ASSERT_TRUE(parsed);
  const auto nobody = [](const std::string&) { return std::optional<std::string>(); };
  const auto refused = (*parsed)->bind_principals(nobody);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/Ops\"");

  const auto known = [](const std::string&) { return std::optional<std::string>("AROAFIRSTFIRSTFIRST0"); };
  const auto bound = (*parsed)->bind_principals(known);
  ASSERT_TRUE(bound);
  const PrincipalEntry& entry = (*bound)->statements()[0].principals[0];
  Principal::Details details;
  details.unique_id = "AROAFIRSTFIRSTFIRST0";
  const Principal same = Principal::role_session("arn:aws:iam::111122223333:role/Ops", "s", details);
  details.unique_id = "AROASECONDSECOND0000";
  const Principal again = Principal::role_session("arn:aws:iam::111122223333:role/Ops", "s", details);
  EXPECT_EQ(names(entry, same), Naming::role);
  EXPECT_EQ(names(entry, again), Naming::no) << "a role made again under the same name is not meant";
  // The document that was bound stays as it was.
  EXPECT_EQ(names((*parsed)->statements()[0].principals[0], again), Naming::role);
}

TEST(PolicyDocument, HostileInputIsRefusedInBoundedTime) {
  const std::string deep = std::string(100000, '[');
  EXPECT_FALSE(parse_document(K::identity, deep));
  EXPECT_FALSE(parse_document(K::identity, std::string(kDocumentBytesMax + 1, ' ')));
  EXPECT_FALSE(parse_document(K::identity, "{\"\xff\":1}"));
  std::string many = R"({"Statement":[)";
  for (std::size_t i = 0; i <= kStatementsMax; ++i) many += i == 0 ? "{}" : ",{}";
  ParseOptions options;
  options.size_max = kDocumentBytesMax;
  const auto parsed = parse_document(K::identity, many + "]}", options);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().context("why"), "too many statements");
}

}  // namespace
}  // namespace postern::iam
