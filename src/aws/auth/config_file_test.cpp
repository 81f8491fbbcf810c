#include "aws/auth/config_file.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>

#include "aws/auth/shared_config.hpp"
#include "aws/auth/testing/fakes.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace postern::aws::auth {
namespace {

TEST(ConfigFile, ReadsWhatBotocoreReads) {
  const auto parsed = parse_ini(
      "# a comment\n"
      "[default]\n"
      "Region = eu-west-1\n"
      "output:json\n"
      "; another = comment\n"
      "name = a # not a comment\n"
      "folded = one\n"
      "   two\n"
      "\n"
      "   three\n"
      "s3 =\n"
      "  max_concurrent_requests = 20\n"
      "  addressing_style = path\n"
      "empty =\n"
      "\n"
      "[profile \"my team\"] trailing\n"
      "  indented = yes\r\n",
      "config");
  ASSERT_TRUE(parsed) << parsed.error().to_text();
  const IniSection* standard = parsed->find("default");
  ASSERT_NE(standard, nullptr);
  EXPECT_EQ(standard->find("region")->text(), "eu-west-1");
  EXPECT_EQ(standard->find("output")->text(), "json");
  EXPECT_EQ(standard->find("name")->text(), "a # not a comment");
  EXPECT_EQ(standard->find("folded")->text(), "one\ntwo\n\nthree");
  EXPECT_EQ(standard->find("empty")->text(), "");
  EXPECT_EQ(*standard->find("s3")->nested("addressing_style"), "path");
  EXPECT_EQ(standard->find("s3")->line(), 11);
  const IniSection* team = parsed->find("profile \"my team\"");
  ASSERT_NE(team, nullptr);
  EXPECT_EQ(team->find("indented")->text(), "yes");
}

TEST(ConfigFile, ErrorsNameTheLineAndNeverTheValue) {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row rows[] = {
      {"key = hunter2\n", "config:1: expected a section such as [default] before the first key"},
      {"[a]\nhunter2\n", "config:2: expected 'key = value'"},
      {"[a]\n= hunter2\n", "config:2: the key before '=' is missing"},
      {"[a]\nk = 1\nk = hunter2\n", "config:3: 'k' is set twice in [a]; first in line 2"},
      {"[a]\n[b]\n[a]\n", "config:3: section [a] was opened before, in line 1"},
      {"[a\n", "config:1: a section looks like [name]"},
      {"[a]\ns3 =\n  hunter2\n", "config:2: the lines below 's3' must look like 'key = value'"},
      {"[a]\nk = \xff\n", "config: the file is not UTF-8"},
  };
  for (const Row& row : rows) {
    const auto parsed = parse_ini(row.text, "config");
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_EQ(parsed.error().kind(), ErrorKind::usage);
    EXPECT_EQ(parsed.error().message(), row.message);
    EXPECT_EQ(parsed.error().to_text().find("hunter2"), std::string::npos);
  }
}

TEST(ConfigFile, SplitsWordsLikeAShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_words("profile x"), (Words{"profile", "x"}));
  EXPECT_EQ(split_words("  a  'b c' \"d \\\"e\\\"\" f\\ g "), (Words{"a", "b c", "d \"e\"", "f g"}));
  EXPECT_EQ(split_words("a ''"), (Words{"a", ""}));
  EXPECT_EQ(split_words("open 'quote"), Words{});
}

/// Our reading in the form of the script's "sections".
Json as_json(const Result<IniFile>& file) {
  if (!file) return Json();
  Json sections = Json::object();
  for (const IniSection& section : file->sections) {
    Json values = Json::object();
    for (const auto& [key, value] : section.values)
      values.set(key, value.is_nested() ? Json("<nested>") : Json(value.text()));
    sections.set(section.name, std::move(values));
  }
  return sections;
}

TEST(ConfigFile, AgreesWithDebiansBotocore) {
  FILE* pipe = popen("/usr/bin/python3 tests/conformance/config_botocore.py /usr/lib/python3/dist-packages", "r");
  ASSERT_NE(pipe, nullptr);
  std::string printed;
  char buffer[4096];
  std::size_t size = 0;
  while ((size = fread(buffer, 1, sizeof buffer, pipe)) > 0) printed.append(buffer, size);
  const int status = WEXITSTATUS(pclose(pipe));
  if (status == 77) GTEST_SKIP() << "SKIPPED: no botocore on this machine (python3-botocore)";
  ASSERT_EQ(status, 0);
  int compared = 0;
  for (const std::string_view line : split(printed, '\n')) {
    if (line.empty()) continue;
    const Json row = Json::parse(line).value();
    EXPECT_EQ(as_json(parse_ini(row["text"].as_string(), "x")), row["sections"]) << row["text"].as_string();
    ++compared;
  }
  EXPECT_EQ(compared, 1000);
}

TEST(SharedConfig, CredentialsFileWinsOverTheConfigFile) {
  const auto config = SharedConfig::parse(
      "[default]\nregion = eu-west-1\naws_access_key_id = FROM_CONFIG\n[profile base]\nregion = us-east-1\n[other]\nx "
      "= 1\n",
      "config", "[default]\naws_access_key_id = FROM_CREDENTIALS\n[only here]\naws_access_key_id = K\n", "credentials");
  ASSERT_TRUE(config) << config.error().to_text();
  EXPECT_EQ(*(*config)->profile("default")->find("aws_access_key_id"), "FROM_CREDENTIALS");
  EXPECT_EQ(*(*config)->profile("default")->find("region"), "eu-west-1");
  EXPECT_EQ((*config)->profile("other"), nullptr);
  EXPECT_EQ((*config)->profile_names(), (std::vector<std::string>{"base", "default", "only here"}));
  const auto missing = (*config)->require_profile("bases");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::credentials);
  EXPECT_EQ(missing.error().message(),
            "the profile 'bases' is neither in config nor in credentials: did you mean base?");
}

TEST(SharedConfig, FilesMoveByVariablesAndMayBeAbsent) {
  testing::FakeEnvironment environment;
  testing::FakeFiles files;
  const auto none = SharedConfig::load(environment, files);
  ASSERT_TRUE(none);
  EXPECT_EQ((*none)->config_path(), "/home/ada/.aws/config");
  environment.variables["AWS_CONFIG_FILE"] = "~/x/${PLACE}/$NOTHING";
  environment.variables["PLACE"] = "here";
  files.contents["/home/ada/x/here/$NOTHING"] = "[default]\nregion = a-b-1\n";
  const auto moved = SharedConfig::load(environment, files);
  ASSERT_TRUE(moved);
  EXPECT_NE((*moved)->profile("default"), nullptr);
}

}  // namespace
}  // namespace postern::aws::auth
