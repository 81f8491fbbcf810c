#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <span>

#include "cli/failure.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/script.hpp"

namespace postern::cli {
namespace {

Result<Invocation> parse(std::vector<std::string> words) {
  return parse_command_line(words);
}

std::string usage_of(std::vector<std::string> words) {
  const Result<Invocation> invocation = parse(std::move(words));
  if (invocation) return "accepted";
  EXPECT_EQ(invocation.error().kind(), ErrorKind::usage);
  return invocation.error().message();
}

TEST(ParseCommandLine, OptionsStandBeforeAndAfterTheCommand) {
  const auto invocation = parse({"-o", "json", "accounts", "check", "--region=us-east-1", "-r", "eu-west-1", "-vv"});
  ASSERT_TRUE(invocation) << invocation.error().message();
  EXPECT_EQ(invocation->command->path, "accounts check");
  EXPECT_EQ(invocation->value("--output"), "json");
  EXPECT_EQ(invocation->values("--region"), (std::vector<std::string>{"us-east-1", "eu-west-1"}));
  EXPECT_EQ(invocation->count("--verbose"), 2);
  EXPECT_FALSE(invocation->has("--read-only"));
}

TEST(ParseCommandLine, NothingAfterTheDashesIsAnOption) {
  const auto invocation = parse({"run", "-y", "--", "ls", "--color", "-h", "--"});
  ASSERT_TRUE(invocation) << invocation.error().message();
  EXPECT_TRUE(invocation->has("--yes"));
  EXPECT_FALSE(invocation->has("--help"));
  EXPECT_EQ(invocation->words, (std::vector<std::string>{"ls", "--color", "-h", "--"}));
}

TEST(ParseCommandLine, AValueMayLookLikeACommand) {
  const auto invocation = parse({"targets", "--select", "run", "--select", "-x"});
  ASSERT_TRUE(invocation) << invocation.error().message();
  EXPECT_EQ(invocation->command->path, "targets");
}

TEST(ParseCommandLine, AGroupAloneMeansItsList) {
  const auto invocation = parse({"accounts"});
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->command->path, "accounts list");
}

TEST(ParseCommandLine, SaysWhatWasProbablyMeant) {
  EXPECT_EQ(usage_of({"tragets"}), "there is no command 'tragets'; did you mean 'targets'?; see postern --help");
  EXPECT_EQ(usage_of({"targets", "--regoin", "x"}),
            "unknown option '--regoin'; did you mean '--region'?; see postern targets --help");
  EXPECT_EQ(usage_of({"targets", "--output", "xml"}),
            "--output 'xml' is not one of table, json, ndjson, text, markdown");
  EXPECT_EQ(usage_of({"init", "postern.yaml"}), "'postern.yaml' is one word too many; see postern init --help");
  EXPECT_NE(usage_of({"targets", "--region"}), "accepted");
  EXPECT_NE(usage_of({"targets", "-o", "json", "-o", "text"}), "accepted");
}

TEST(ParseDuration, TakesUnitsAndRefusesTheRest) {
  EXPECT_EQ(*parse_duration("90s", "x"), std::chrono::seconds(90));
  EXPECT_EQ(*parse_duration("1h30m", "x"), std::chrono::seconds(5400));
  EXPECT_EQ(*parse_duration("45", "x"), std::chrono::seconds(45));
  for (const char* bad : {"", "h", "-5s", "5 s", "5x", "99999999999999999999"})
    EXPECT_FALSE(parse_duration(bad, "x")) << bad;
}

Answer sample() {
  Answer answer;
  Json rows = Json::array();
  rows.push_back(Json::object().set("id", "a").set("n", 1).set("note", "one | two"));
  rows.push_back(Json::object().set("id", "b").set("n", 22).set("note", "\x1b[31mred"));
  answer.document = Json::object().set("schema", "postern.sample/1").set("rows", std::move(rows));
  answer.rows_key = "rows";
  answer.columns.push_back(member_column("ID", 0, "id"));
  answer.columns.push_back(member_column("N", 0, "n"));
  answer.columns.push_back(member_column("NOTE", 1, "note"));
  return answer;
}

std::string rendered(Format format, std::optional<std::string> query = std::nullopt) {
  OutputOptions options;
  options.format = format;
  options.query = std::move(query);
  const Result<std::string> text = render(sample(), options);
  return text ? *text : "error: " + text.error().message();
}

TEST(Render, EveryFormat) {
  EXPECT_EQ(rendered(Format::text), "a\t1\tone | two\nb\t22\t\\x1b[31mred\n");
  EXPECT_EQ(rendered(Format::ndjson),
            "{\"id\":\"a\",\"n\":1,\"note\":\"one | two\"}\n{\"id\":\"b\",\"n\":22,\"note\":\"\\u001b[31mred\"}\n");
  EXPECT_EQ(rendered(Format::markdown),
            "| ID | N | NOTE |\n| --- | --- | --- |\n| a | 1 | one \\| two |\n| b | 22 | \\x1b[31mred |\n");
  EXPECT_EQ(rendered(Format::json).substr(0, 36), "{\n  \"schema\": \"postern.sample/1\",\n  ");
  const std::string table = rendered(Format::table);
  EXPECT_EQ(table.substr(0, table.find('\n')), "ID  N   NOTE");
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
}

TEST(Render, AQueryNarrowsTheDocument) {
  EXPECT_EQ(rendered(Format::json, "rows[].id"), "[\n  \"a\",\n  \"b\"\n]\n");
  EXPECT_EQ(rendered(Format::text, "rows[].[id, n]"), "a\t1\nb\t22\n");
  EXPECT_EQ(rendered(Format::ndjson, "rows[].n"), "1\n22\n");
}

TEST(ExitCodeOf, FollowsTheKind) {
  const auto code = [](ErrorKind kind) { return exit_code_of(Error(kind, "x")); };
  EXPECT_EQ(code(ErrorKind::usage), 2);
  EXPECT_EQ(code(ErrorKind::refused), 3);
  EXPECT_EQ(code(ErrorKind::cancelled), 130);
  EXPECT_EQ(code(ErrorKind::credentials), 253);
  EXPECT_EQ(code(ErrorKind::internal), 255);
  EXPECT_EQ(exit_code_of(Error(ErrorKind::refused, "x").with("rail", "identity")), 253);
  EXPECT_EQ(exit_code_of(Error(ErrorKind::refused, "x").with("rail", "certificate")), 253);
  // What never left this host for want of a way to the endpoint is the environment's fault.
  EXPECT_EQ(code(ErrorKind::timeout), 255);
  for (const ErrorKind kind : {ErrorKind::timeout, ErrorKind::malformed}) {
    Error error = Error(kind, "x").with("origin", "https://a").with("operation", "sts:GetCallerIdentity");
    EXPECT_EQ(exit_code_of(Error(error).delivered(Delivery::answered)), kind == ErrorKind::timeout ? 255 : 254);
    EXPECT_EQ(exit_code_of(Error(error).delivered(Delivery::not_sent)), 253);
  }
  AwsFault fault;
  fault.code = "AccessDeniedException";
  EXPECT_EQ(exit_code_of(Error(ErrorKind::denied, "x").aws(fault)), 254);
}

TEST(DescribeFailure, NamesThePlaceAndNeverDrivesTheTerminal) {
  AwsFault fault;
  fault.code = "ThrottlingException";
  fault.request_id = "r-1";
  const Error error = Error(ErrorKind::throttled, "Rate \x1b]0;exceeded")
                          .aws(fault)
                          .with("account", "444455556666")
                          .with("region", "us-east-1")
                          .with("operation", "ssm:SendCommand")
                          .caused_by(Error(ErrorKind::internal, "deeper"));
  EXPECT_EQ(describe_failure(error),
            "postern: Rate \\x1b]0;exceeded\n  in: account 444455556666, us-east-1, ssm:SendCommand, request r-1\n"
            "  because: deeper\n");
}

TEST(DescribedMessage, IsOneLineThatNamesTheEndpoint) {
  const Error error = Error(ErrorKind::unavailable, "none found; tried:\n  one\n  two").with("origin", "https://a:1");
  EXPECT_EQ(described_message(error, 200), "none found; tried: one; two (endpoint https://a:1)");
  EXPECT_EQ(described_message(Error(ErrorKind::unavailable, "no way to a:1").with("origin", "https://a:1"), 200),
            "no way to a:1");
}

TEST(FitLines, BreaksProseAndLeavesWhatIsToBeCopied) {
  const std::string text = "a b c d e f\n  - g h i j k\n    aws iam get-role --role-name X\n";
  EXPECT_EQ(fit_lines(text, 80), text);
  EXPECT_EQ(fit_lines(text, 9), "a b c d\n  e f\n  - g h\n    i j k\n    aws iam get-role --role-name X\n");
  EXPECT_EQ(fit_lines("", 9), "");
  EXPECT_EQ(fit_lines("\n", 9), "\n");
}

TEST(ParseCommandLine, ValuesOfVariablesAreNeverSplit) {
  const auto invocation =
      parse({"run", "--env", "A=[x,y]", "--env=B=a,b c", "--env", "C={{ssm:x}}", "--env", "D=", "--", "true"});
  ASSERT_TRUE(invocation) << invocation.error().message();
  EXPECT_EQ(invocation->values("--env"), (std::vector<std::string>{"A=[x,y]", "B=a,b c", "C={{ssm:x}}", "D="}));
  const auto dash = parse({"run", "--env", "A=-n", "--script", "-"});
  ASSERT_TRUE(dash) << dash.error().message();
}

TEST(ParseCommandLine, OnlyWhatIsForTheTargetsMayBeAnyBytes) {
  const auto invocation = parse({"run", "--env", "A=\xff", "--env=B=\xfe", "--", "printf", "\xff"});
  ASSERT_TRUE(invocation) << invocation.error().message();
  EXPECT_EQ(invocation->values("--env"), (std::vector<std::string>{"A=\xff", "B=\xfe"}));
  EXPECT_EQ(invocation->words, (std::vector<std::string>{"printf", "\xff"}));
  EXPECT_NE(usage_of({"run", "--script", "\xff.sh"}).find("UTF-8"), std::string::npos);
  EXPECT_NE(usage_of({"run", "--env", "--env", "\xff"}).find("UTF-8"), std::string::npos);
}

TEST(DescribeScript, TellsTheCommandAndTheNamesOfVariablesOnly) {
  const auto words = parse({"run", "--env", "TOKEN=secret", "--env", "A=b", "--", "printf", "%s", "it's"});
  ASSERT_TRUE(words) << words.error().message();
  EXPECT_EQ(describe_script(*words), R"(printf %s 'it'\''s'  (with TOKEN, A))");
  const auto text = parse({"run", "--", "df -h | tail -1"});
  ASSERT_TRUE(text);
  EXPECT_EQ(describe_script(*text), "df -h | tail -1");
  const auto file = parse({"run", "--script", "a\x1b.sh"});
  ASSERT_TRUE(file);
  EXPECT_EQ(describe_script(*file), "the script a\\x1b.sh");
}

TEST(Help, EveryCommandHasExamplesAndFitsTheTerminal) {
  for (const CommandSpec& command : commands()) {
    EXPECT_FALSE(command.examples.empty()) << command.path;
    const std::string help = command_help(command, 80);
    EXPECT_NE(help.find("Usage: postern " + std::string(command.path)), std::string::npos);
    for (const OptionSpec& option : command.options) EXPECT_NE(help.find(option.name), std::string::npos);
  }
  EXPECT_NE(general_help(80).find("Exit codes:"), std::string::npos);
}

TEST(Help, CompletionAndManKnowEveryCommand) {
  const std::string man = man_page();
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell);
    for (const CommandSpec& command : commands()) {
      const std::string word(command.path.substr(0, command.path.find(' ')));
      EXPECT_NE(script.find(word), std::string::npos) << shell << " " << word;
    }
  }
  for (const CommandSpec& command : commands()) {
    std::string path(command.path);
    for (std::size_t at = 0; (at = path.find('-', at)) != std::string::npos; at += 2) path.insert(at, "\\");
    EXPECT_NE(man.find(".SS postern " + path), std::string::npos) << path;
  }
}

TEST(CommandTable, NoCommandTakesAnOptionTwice) {
  for (const CommandSpec& command : commands()) {
    std::set<std::string_view> seen;
    for (const std::span<const OptionSpec> options : {global_options(), command.options}) {
      for (const OptionSpec& option : options) {
        EXPECT_TRUE(seen.insert(option.name).second) << command.path << " " << option.name;
        if (!option.letter.empty()) {
          EXPECT_TRUE(seen.insert(option.letter).second) << command.path << " " << option.letter;
        }
      }
    }
  }
}

TEST(Help, TheGuideIsMadeFromTheSameTable) {
  std::ifstream file("docs/guide/commands.md");
  const std::string guide((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(guide, markdown_reference()) << "make it anew: postern --markdown > docs/guide/commands.md";
}

}  // namespace
}  // namespace postern::cli
