#include "fleet/selector.hpp"

#include <gtest/gtest.h>

#include <map>

#include "fleet/testing/make.hpp"

namespace postern::fleet {
namespace {

constexpr const char* kWeb = "i-0aaaaaaaaaaaaaaa1";

Instance web() {
  Scope scope = *testing::scope("444455556666", "us-east-1", "payments-prod");
  scope.account_tags = {{"env", "prod"}};
  Instance made = testing::instance(std::make_shared<const Scope>(std::move(scope)), testing::instance_id(kWeb),
                                    {{"Name", "web-1"},
                                     {"env", "prod"},
                                     {"dr:enabled", "true"},
                                     {"team", "blue sky"},
                                     {"empty", ""},
                                     {"a=b", "c,d"}});
  return made;
}

struct MatchCase {
  const char* text;
  bool matches;
};

constexpr MatchCase kMatches[] = {
    {"all", true},
    {"not all", false},
    {"tag:env=prod", true},
    {"tag:env=dev,prod", true},
    {"tag:env=p*", true},
    {"tag:env=pro?", true},
    {"tag:env=Prod", false},
    {"env=prod", true},
    {"env=stage", false},
    {"env!=stage", true},
    {"env!=stage,prod", false},
    {"missing!=x", true},
    {"tag:env", true},
    {"tag:missing", false},
    {"tag:empty=", true},
    {"tag:env=", false},
    {"tag:dr:enabled=true", true},
    {"dr:enabled=true", true},
    {"tag:dr:enabled", true},
    {"team=\"blue sky\"", true},
    {"team='blue sky'", true},
    {"\"team\"=\"blue sky\"", true},
    {"tag:\"a=b\"=\"c,d\"", true},
    {"tag:\"a=b\"=c,d", false},
    {"name:web-*", true},
    {"name:db-*,web-?", true},
    {"Name=web-1", true},
    {kWeb, true},
    {"i-0123456789abcdef0", false},
    {"i-0123456789abcdef0,i-0aaaaaaaaaaaaaaa1", true},
    {"id:i-0aaa*", true},
    {"account:payments-prod", true},
    {"account:payments-*", true},
    {"account:444455556666", true},
    {"account:777788889999", false},
    {"account-tag:env=prod", true},
    {"account-tag:env", true},
    {"account-tag:team", false},
    {"region:us-east-1", true},
    {"region:eu-*", false},
    {"platform:linux", true},
    {"platform:Windows", false},
    {"state:running", true},
    {"state:RUNNING,stopped", true},
    {"ssm:online", true},
    {"ssm:connection_lost", false},
    {"env=prod name:web-*", true},
    {"env=prod and name:db-*", false},
    {"env=dev or name:web-*", true},
    {"env=dev or env=prod and name:db-*", false},
    {"(env=dev or env=prod) and name:web-*", true},
    {"not env=dev", true},
    {"!env=dev", true},
    {"! (env=prod)", false},
    {"not not env=prod", true},
    {"NOT env=dev AND name:web-*", true},
    {"not env=dev name:db-*", false},
    {"tag:env=prod\n  and state:running", true},
};

TEST(Selector, MatchesTheDocumentedTerms) {
  const Instance instance = web();
  for (const MatchCase& c : kMatches) {
    const Result<Selector> parsed = Selector::parse(c.text);
    ASSERT_TRUE(parsed) << c.text << "\n" << parsed.error().to_text();
    EXPECT_EQ(parsed->matches(instance), c.matches) << c.text;
    const Result<Selector> again = Selector::parse(parsed->to_text());
    ASSERT_TRUE(again) << parsed->to_text() << "\n" << again.error().to_text();
    EXPECT_EQ(*again, *parsed) << c.text << " -> " << parsed->to_text();
  }
}

TEST(Selector, WritesCanonicalText) {
  EXPECT_EQ(testing::selector("env=prod (a=1 or !b=2) i-01234567").to_text(),
            "tag:env=prod and (tag:a=1 or not tag:b=2) and id:i-01234567");
  EXPECT_EQ(testing::selector("@web or 'k k'=\"x y\"").to_text(), "@web or tag:\"k k\"=\"x y\"");
  EXPECT_EQ(Selector::none().to_text(), "not all");
}

TEST(Selector, ErrorsPointAtTheColumn) {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"", "selector, column 1: the selector is empty: write `all` for every instance\n  \n  ^"},
      {"env=prod nme:web-*",
       "selector, column 10: unknown prefix 'nme:'; did you mean 'name:'?\n  env=prod nme:web-*\n           ^"},
      {"web-1",
       "selector, column 1: 'web-1' is no term: write name:web-1 for the tag Name, or KEY=VALUE for another tag\n"
       "  web-1\n  ^"},
      {"state:runing",
       "selector, column 1: 'runing' is no instance state; did you mean 'running'?\n  state:runing\n  ^"},
      {"platform:beos",
       "selector, column 1: 'beos' is no platform: linux, windows, macos, unknown\n  platform:beos\n  ^"},
      {"state=running",
       "selector, column 1: 'state=running' would read the tag 'state': write state:running, or tag:state=running for "
       "the tag\n  state=running\n  ^"},
      {"a=1, b=2",
       "selector, column 1: a value is missing beside a comma: a comma joins values of one key, `and` joins terms\n"
       "  a=1, b=2\n  ^"},
      {"(a=1", "selector, column 1: this ( is never closed\n  (a=1\n  ^"},
      {"a=1)", "selector, column 4: this ) closes nothing\n  a=1)\n     ^"},
      {"a=1 and",
       "selector, column 8: a term is expected here, such as tag:env=prod, name:web-* or "
       "i-0123456789abcdef0\n  a=1 and\n         ^"},
      {"a=1 && b=2", "selector, column 5: write `and`, or just a space\n  a=1 && b=2\n      ^"},
      {"a=\"x", "selector, column 3: this \" has no closing \"\n  a=\"x\n    ^"},
      {"=x", "selector, column 1: a tag key is missing before =\n  =x\n  ^"},
      {"name:", "selector, column 1: name: needs a value\n  name:\n  ^"},
      {"@", "selector, column 1: @ needs the name of a selector or group of the fleet file\n  @\n  ^"},
      {"k=\xc3\xa9 b",
       "selector, column 6: 'b' is no term: write name:b for the tag Name, or KEY=VALUE for another tag\n"
       "  k=\xc3\xa9 b\n      ^"},
  };
  for (const Case& c : cases) {
    const Result<Selector> parsed = Selector::parse(c.text);
    ASSERT_FALSE(parsed) << c.text;
    EXPECT_EQ(parsed.error().kind(), ErrorKind::usage);
    EXPECT_EQ(parsed.error().message(), c.message);
  }
}

TEST(Selector, BoundsDepthAndLength) {
  EXPECT_TRUE(Selector::parse(std::string(40, '(') + "a=1" + std::string(40, ')')));
  for (const std::string& text :
       {std::string(5000, '(') + "a=1", std::string(9000, '!') + "a=1", std::string(kSelectorTextMax + 1, 'a')}) {
    EXPECT_FALSE(Selector::parse(text));
  }
  EXPECT_FALSE(Selector::parse(std::string("a=\0b", 4)));
}

TEST(SelectorBind, ReplacesNamesAndFindsLoops) {
  std::map<std::string, Selector, std::less<>> named;
  named.emplace("web", testing::selector("name:web-* and @prod"));
  named.emplace("prod", testing::selector("env=prod"));
  named.emplace("a", testing::selector("@b"));
  named.emplace("b", testing::selector("not @c"));
  named.emplace("c", testing::selector("x=1 and @a"));
  const std::vector<std::string> known = {"a", "b", "c", "prod", "web"};
  const auto lookup = [&](std::string_view name) -> const Selector* {
    const auto found = named.find(name);
    return found == named.end() ? nullptr : &found->second;
  };
  const auto bound = bind_names(testing::selector("@web and region:us-east-1"), lookup, known);
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->to_text(), "name:web-* and tag:env=prod and region:us-east-1");
  EXPECT_TRUE(bound->matches(web()));
  EXPECT_EQ(bind_names(testing::selector("@a"), lookup, known).error().message(),
            "selectors refer to each other in a loop: @a -> @b -> @c -> @a");
  EXPECT_EQ(bind_names(testing::selector("@wed"), lookup, known).error().message(),
            "@wed is no selector, group or account group of the fleet file; did you mean '@web'?");
}

TEST(SelectorBind, StopsExponentialGrowth) {
  std::vector<std::pair<std::string, Selector>> named;
  named.emplace_back("n0", testing::selector("a=1 or b=2"));
  for (int i = 1; i < 40; ++i) {
    const std::string before = "@n" + std::to_string(i - 1);
    named.emplace_back("n" + std::to_string(i), testing::selector("not " + before + " and not " + before));
  }
  const auto lookup = [&](std::string_view name) -> const Selector* {
    for (const auto& [key, value] : named) {
      if (key == name) return &value;
    }
    return nullptr;
  };
  const auto bound = bind_names(testing::selector("@n39"), lookup, {});
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().message().find("grows beyond 10000 terms"), std::string::npos);
}

TEST(SelectorScope, LeavesOutScopesThatCannotMatch) {
  const ScopePtr payments = testing::scope("444455556666", "us-east-1", "payments-prod");
  const ScopePtr ledger = testing::scope("777788889999", "eu-west-1", "ledger-prod");
  struct Case {
    const char* text;
    bool payments;
    bool ledger;
  };
  const Case cases[] = {{"env=prod", true, true},
                        {"account:payments-prod and env=prod", true, false},
                        {"not account:payments-prod", false, true},
                        {"account:payments-prod or env=prod", true, true},
                        {"not (account:payments-prod or env=prod)", false, true},
                        {"region:eu-* and account:777788889999", false, true},
                        {"not region:eu-* or not account:777788889999", true, false},
                        {"not all", false, false}};
  for (const Case& c : cases) {
    EXPECT_EQ(testing::selector(c.text).could_match(*payments), c.payments) << c.text;
    EXPECT_EQ(testing::selector(c.text).could_match(*ledger), c.ledger) << c.text;
  }
}

std::string pushed(const char* text) {
  const Ec2Filters filters = pushdown(testing::selector(text), *testing::scope("444455556666", "us-east-1", "pay"));
  if (filters.nothing) return "nothing";
  std::string out;
  for (const Ec2Filter& filter : filters.filters) {
    out += (out.empty() ? "" : " ") + filter.name + "=";
    for (std::size_t i = 0; i < filter.values.size(); ++i) out += (i == 0 ? "" : ",") + filter.values[i];
  }
  return out;
}

TEST(SelectorPushdown, SaysWhatEc2CanBeAsked) {
  const std::pair<const char*, const char*> cases[] = {
      {"all", ""},
      {"not all", "nothing"},
      {"env=prod,dev", "tag:env=dev,prod"},
      {"dr:enabled=true state:running", "instance-state-name=running tag:dr:enabled=true"},
      {"name:web-?", "tag:Name=web-*"},
      {"name:*", ""},
      {"tag:env", "tag-key=env"},
      {"env=*", "tag-key=env"},
      {"tag:k=", "tag-key=k"},
      {"i-01234567,mi-0123456789abcdef0", "instance-id=i-01234567"},
      {"mi-0123456789abcdef0", "nothing"},
      {"id:i-0*", ""},
      {"env=prod or name:web", ""},
      {"env=prod or env=dev", "tag:env=dev,prod"},
      {"(env=prod and a=1) or (env=dev and b=2)", "tag:env=dev,prod"},
      {"not env=prod", ""},
      {"not not env=prod", "tag:env=prod"},
      {"not (not env=prod or not state:running)", "instance-state-name=running tag:env=prod"},
      {"not state:terminated,shutting-down", "instance-state-name=pending,running,stopped,stopping"},
      {"state:*", ""},
      {"account:pay and env=prod", "tag:env=prod"},
      {"account:other and env=prod", "nothing"},
      {"(account:other and a=1) or (account:pay and b=2)", "tag:b=2"},
      {"not region:us-east-1", "nothing"},
      {"ssm:online platform:windows", ""},
      {"a\\b=1", ""},
      {"tag:k=a\\b", "tag-key=k"},
  };
  for (const auto& [text, filters] : cases) EXPECT_EQ(pushed(text), filters) << text;
}

TEST(SelectorPushdown, KeepsWithinEc2sLimitOfValues) {
  std::string ids = "env=prod and id:";
  for (unsigned i = 0; i < 201; ++i) ids += (i == 0 ? "" : ",") + testing::instance_id(i).text();
  EXPECT_EQ(pushed(ids.c_str()), "tag:env=prod");
}

}  // namespace
}  // namespace postern::fleet
