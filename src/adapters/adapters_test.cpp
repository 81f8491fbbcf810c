#include <gtest/gtest.h>

#include "adapters/command_port.hpp"
#include "adapters/document_source.hpp"

namespace postern::adapters {
namespace {

TEST(InstanceIdsIn, FindsWhatAwsNames) {
  using Ids = std::vector<std::string>;
  EXPECT_EQ(instance_ids_in("Instances [[i-0123456789abcdef0]] not in a valid state for account 444455556666"),
            (Ids{"i-0123456789abcdef0"}));
  EXPECT_EQ(instance_ids_in("Instances [[i-0123456789abcdef0, mi-0123456789abcdef0]] not in a valid state"),
            (Ids{"i-0123456789abcdef0", "mi-0123456789abcdef0"}));
  EXPECT_EQ(instance_ids_in("no ids: i- i-xyz wi-0123456789abcdef0"), Ids());
  EXPECT_EQ(instance_ids_in(""), Ids());
}

TEST(ReadParameterRules, TakesAllowedValuesAndPatternsFromTheContent) {
  std::vector<flow::ParameterDescription> parameters(3);
  parameters[0].name = "Mode";
  parameters[1].name = "Reboot";
  parameters[2].name = "Path";
  read_parameter_rules(R"({"schemaVersion":"2.2","parameters":{"Mode":{"type":"String","allowedValues":["a","b"]},
      "Reboot":{"type":"Boolean","allowedValues":[true,false]},"Path":{"type":"String","allowedPattern":"^/"}}})",
                       parameters);
  EXPECT_EQ(parameters[0].allowed_values, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parameters[1].allowed_values, (std::vector<std::string>{"true", "false"}));
  EXPECT_EQ(parameters[2].allowed_pattern, "^/");
  for (const char* odd : {"", "{", "[]", R"({"parameters":7})", R"({"parameters":{"Mode":null}})"}) {
    read_parameter_rules(odd, parameters);
  }
  EXPECT_EQ(parameters[0].allowed_values.size(), 2U);
}

TEST(SpacedDetails, BothSpellingsReadTheSame) {
  EXPECT_EQ(spaced_details("DeliveryTimedOut"), "Delivery Timed Out");
  EXPECT_EQ(spaced_details("Delivery Timed Out"), "Delivery Timed Out");
  EXPECT_EQ(spaced_details("Undeliverable"), "Undeliverable");
  EXPECT_EQ(spaced_details(""), "");
}

OutputStream stream_of(const char* url) {
  OutputStream stream;
  stream.command_id = "c0ffee00-0000-4000-8000-000000000000";
  stream.instance_id = "i-0123456789abcdef0";
  stream.name = "stdout";
  stream.plugin = "aws:runShellScript";
  stream.url = url;
  return stream;
}

TEST(OutputObjectKey, TakesWhatStandsInTheUrlElseWhereTheAgentPutsIt) {
  flow::OutputPlaces places;
  const std::string start = "c0ffee00-0000-4000-8000-000000000000/i-0123456789abcdef0/";
  EXPECT_EQ(output_object_key(places, stream_of("")), start + "awsrunShellScript/0.awsrunShellScript/stdout");
  places.prefix = "a/b";
  EXPECT_EQ(output_object_key(places, stream_of("")), "a/b/" + start + "awsrunShellScript/0.awsrunShellScript/stdout");
  const std::string url =
      "https://s3.us-east-1.amazonaws.com/bucket/a/b/" + start + "awsrunShellScript/step/stdout?x=1";
  EXPECT_EQ(output_object_key(places, stream_of(url.c_str())), "a/b/" + start + "awsrunShellScript/step/stdout");
}

TEST(OutputStreamName, HasAHyphenForTheColon) {
  EXPECT_EQ(output_stream_name(stream_of("")),
            "c0ffee00-0000-4000-8000-000000000000/i-0123456789abcdef0/aws-runShellScript/stdout");
}

TEST(BeforeMark, DropsTheMarkAndTheEndOfTheLine) {
  EXPECT_EQ(before_mark("a\nb\n--output truncated--"), "a\nb");
  EXPECT_EQ(before_mark("a\n"), "a");
  EXPECT_EQ(before_mark(""), "");
}

}  // namespace
}  // namespace postern::adapters
