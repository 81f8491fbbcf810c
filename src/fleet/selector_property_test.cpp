// Seeded random selectors and instances: laws that must hold for all of them.

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "fleet/selector.hpp"
#include "fleet/testing/make.hpp"

namespace postern::fleet {
namespace {

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_()) % bound; }

  template <std::size_t N>
  std::string pick(const std::array<const char*, N>& from) {
    return from.at(below(N));
  }

  Selector selector(int depth) {
    switch (below(depth > 0 ? 8 : 4)) {
      case 0:
      case 1:
        return tag_term();
      case 2:
        return field_term();
      case 3:
        return below(8) == 0 ? Selector::all() : Selector::has_tag(Field::tag, pick(kKeys));
      case 4:
      case 5:
        return Selector::negation(selector(depth - 1));
      case 6:
        return Selector::conjunction(operands(depth - 1));
      default:
        return Selector::disjunction(operands(depth - 1));
    }
  }

  Instance instance(const ScopePtr& scope) {
    Tags tags;
    for (const char* key : kKeys) {
      if (below(2) == 0) tags.emplace(key, pick(kValues));
    }
    Instance made = testing::instance(scope, testing::instance_id(static_cast<unsigned>(below(6))), std::move(tags));
    made.state = static_cast<InstanceState>(below(6));
    made.platform = static_cast<Platform>(below(4));
    made.ssm.status = static_cast<SsmStatus>(below(5));
    return made;
  }

 private:
  static constexpr std::array<const char*, 4> kKeys = {"Name", "env", "dr:enabled", "a=b"};
  static constexpr std::array<const char*, 7> kValues = {"", "a", "web-1", "web-2", "x y", "\xc3\xa9", "and"};
  static constexpr std::array<const char*, 9> kGlobs = {"", "a", "web-1", "web-*", "*", "?", "x y", "web-?", "??"};
  static constexpr std::array<const char*, 4> kAccounts = {"444455556666", "777788889999", "pay*", "ledger"};
  static constexpr std::array<const char*, 3> kRegions = {"us-east-1", "eu-*", "us-*"};
  static constexpr std::array<const char*, 4> kStates = {"running", "stopped", "st*", "terminated"};
  static constexpr std::array<const char*, 3> kPlatforms = {"linux", "windows", "*"};
  static constexpr std::array<const char*, 3> kSsm = {"online", "unknown", "*i*"};

  std::vector<Selector> operands(int depth) {
    std::vector<Selector> all;
    const std::size_t count = 2 + below(2);
    for (std::size_t i = 0; i < count; ++i) all.push_back(selector(depth));
    return all;
  }

  Selector tag_term() {
    std::vector<std::string> globs;
    const std::size_t count = 1 + below(2);
    for (std::size_t i = 0; i < count; ++i) globs.push_back(pick(kGlobs));
    return Selector::term(Field::tag, pick(kKeys), std::move(globs));
  }

  Selector field_term() {
    switch (below(7)) {
      case 0: {
        const std::string glob = pick(kGlobs);
        return Selector::term(Field::name, "", {glob.empty() ? "web-1" : glob});
      }
      case 1:
        return Selector::term(Field::id, "", {testing::instance_id(static_cast<unsigned>(below(6))).text()});
      case 2:
        return Selector::term(Field::account, "", {pick(kAccounts)});
      case 3:
        return Selector::term(Field::region, "", {pick(kRegions)});
      case 4:
        return Selector::term(Field::platform, "", {pick(kPlatforms)});
      case 5:
        return Selector::term(Field::state, "", {pick(kStates)});
      default:
        return Selector::term(Field::ssm, "", {pick(kSsm)});
    }
  }

  std::mt19937 engine_;
};

struct Draw {
  Draw(std::uint32_t seed) : generator(seed) {}
  Generator generator;
  std::vector<ScopePtr> scopes = {testing::scope("444455556666", "us-east-1", "payments"),
                                  testing::scope("777788889999", "eu-west-1", "ledger")};
};

constexpr std::uint32_t kSeeds = 300;

TEST(SelectorProperty, PushdownAndScopesNeverLoseAMatch) {
  std::size_t matches = 0;
  std::size_t filtered = 0;
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Draw draw(seed);
    const Selector selector = draw.generator.selector(4);
    for (int i = 0; i < 40; ++i) {
      const ScopePtr& scope = draw.scopes[draw.generator.below(2)];
      const Instance instance = draw.generator.instance(scope);
      const bool listed = ec2_filters_match(pushdown(selector, *scope), instance);
      if (!listed) ++filtered;
      if (!selector.matches(instance)) continue;
      ++matches;
      EXPECT_TRUE(listed) << "seed " << seed << ": " << selector.to_text();
      EXPECT_TRUE(selector.could_match(*scope)) << "seed " << seed << ": " << selector.to_text();
    }
  }
  EXPECT_GT(matches, 1000U);  // the test means something
  EXPECT_GT(filtered, 1000U);
}

TEST(SelectorProperty, DoubleNegationAndDeMorgan) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Draw draw(seed);
    const Selector a = draw.generator.selector(3);
    const Selector b = draw.generator.selector(3);
    const Selector twice = Selector::negation(Selector::negation(a));
    const Selector not_both = Selector::negation(Selector::conjunction({a, b}));
    const Selector either_not = Selector::disjunction({Selector::negation(a), Selector::negation(b)});
    for (int i = 0; i < 20; ++i) {
      const Instance instance = draw.generator.instance(draw.scopes[draw.generator.below(2)]);
      EXPECT_EQ(twice.matches(instance), a.matches(instance)) << "seed " << seed;
      EXPECT_EQ(not_both.matches(instance), either_not.matches(instance)) << "seed " << seed;
      EXPECT_NE(Selector::negation(a).matches(instance), a.matches(instance)) << "seed " << seed;
    }
  }
}

TEST(SelectorProperty, TextReadsBackAsTheSameTree) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Draw draw(seed);
    const Selector selector = draw.generator.selector(5);
    const Result<Selector> again = Selector::parse(selector.to_text());
    ASSERT_TRUE(again) << "seed " << seed << ": " << again.error().to_text();
    EXPECT_EQ(*again, selector) << "seed " << seed << ": " << selector.to_text() << " / " << again->to_text();
  }
}

TEST(SelectorProperty, RandomBytesNeverCrashTheParser) {
  constexpr std::string_view alphabet = "ab:=,!@()\"'\\ *?and or noti-0\t\n\xc3\xa9";
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    std::mt19937 engine(seed);
    std::string text;
    for (std::size_t i = engine() % 40; i > 0; --i) text += alphabet[engine() % alphabet.size()];
    const Result<Selector> parsed = Selector::parse(text);
    if (!parsed) continue;
    const Result<Selector> again = Selector::parse(parsed->to_text());
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(*again, *parsed) << text;
  }
}

}  // namespace
}  // namespace postern::fleet
