#include "report/run_html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "report/html_text.hpp"
#include "report/testing/markup.hpp"
#include "report/testing/sample.hpp"

namespace postern::report {
namespace run_html_test {

using testing::first_bad_markup;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RunHtml, TellsWhatWentWrongBeforeWhatWentWell) {
  const std::string page = run_html(testing::sample_run(), testing::sample_facts(), HtmlLimits());
  EXPECT_EQ(first_bad_markup(page), "");
  EXPECT_THAT(page, HasSubstr("<h1>uptime <span class=\"bad\">incomplete</span></h1>"));
  EXPECT_THAT(page, HasSubstr("2 + 1 + 2 + 2 = 7: every target has exactly one outcome."));
  EXPECT_THAT(page,
              HasSubstr("<details class=\"b\" open><summary><strong>1 target</strong> failed, exit code 3</summary>\n"
                        "<p class=\"names\">i-00000000000000003</p>\n"
                        "<pre aria-label=\"Output\" tabindex=\"0\">no\n</pre>"));
  EXPECT_THAT(page, HasSubstr("<p class=\"names\">web-01,i-00000000000000002</p>"));
  EXPECT_LT(page.find("What went wrong"), page.find("Output of what succeeded"));
  EXPECT_THAT(page, Not(HasSubstr("SIMULATED")));
}

TEST(RunHtml, SaysSimulatedInASimulatedWorldAndFoldsNames) {
  RunFacts facts = testing::sample_facts();
  facts.world = "sim:demo";
  facts.fold = [](std::span<const std::string> names) { return "folded" + std::to_string(names.size()); };
  facts.unasked.emplace_back(fleet::testing::scope("999900001111", "us-west-2", "gone"), "AccessDenied <b>");
  const std::string page = run_html(testing::sample_run(), facts, HtmlLimits());
  EXPECT_THAT(page, HasSubstr("<title>SIMULATED: uptime</title>"));
  EXPECT_THAT(page, HasSubstr("the simulated world sim:demo"));
  EXPECT_THAT(page, HasSubstr("<p class=\"names\">folded2</p>"));
  EXPECT_THAT(page, HasSubstr("<li><strong>gone (999900001111)/us-west-2</strong>: AccessDenied &lt;b&gt;</li>"));
}

TEST(RunHtml, HasNothingThatRunsOrComesFromElsewhere) {
  flow::RunResult run = testing::sample_run();
  for (flow::TargetResult& target : run.targets) target.out = target.err = target.reason = testing::hostile();
  RunFacts facts = testing::sample_facts();
  for (std::string* text : {&facts.title, &facts.reason, &facts.ticket, &facts.selector, &facts.operator_name,
                            &facts.comment, &facts.document}) {
    *text = testing::hostile();
  }
  facts.names["444455556666/us-east-1/i-00000000000000001"] = testing::hostile();
  facts.world = "sim:" + testing::hostile();
  const std::string page = run_html(run, facts, HtmlLimits());
  EXPECT_EQ(first_bad_markup(page), "");
  EXPECT_TRUE(is_utf8(page));
  for (const char* bad : {"<script", "<img", "<link", "src=x onerror=alert(1)>", "http:", "https:", "url(", "@import",
                          "\x1b", "\u202e"}) {
    EXPECT_EQ(page.find(bad), std::string::npos) << bad;
  }
  EXPECT_EQ(page.find('\0'), std::string::npos);
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(RunHtml, ABigRunMakesABoundedPageThatSaysWhatIsMissing) {
  std::vector<fleet::ScopePtr> scopes;
  for (unsigned i = 0; i < 1'500; ++i)
    scopes.push_back(fleet::testing::scope(std::to_string(100'000'000'000ULL + i), "us-east-1", ""));
  flow::RunResult run;
  for (unsigned i = 0; i < 10'000; ++i) {
    const bool failed = i % 2 == 1;
    run.targets.push_back(testing::ran(scopes[i % scopes.size()], i, failed ? 1 : 0,
                                       std::to_string(i) + std::string(i < 5 ? 1'000'000 : 1'000, 'x')));
  }
  const std::string page = run_html(run, testing::sample_facts(), HtmlLimits());
  EXPECT_EQ(first_bad_markup(page), "");
  EXPECT_LT(page.size(), 2U << 20U);
  EXPECT_THAT(page, HasSubstr("5,000 + 0 + 0 + 5,000 = 10,000: every target has exactly one outcome."));
  EXPECT_THAT(page, HasSubstr("Not shown: 4,800 more different ends, of 4,800 targets."));
  EXPECT_THAT(page, HasSubstr("Not shown: 4,950 more different ends, of 4,950 targets."));
  EXPECT_THAT(page, HasSubstr("3,000 more targets that did not succeed are not in this table."));
  EXPECT_THAT(page, HasSubstr("500 more accounts are not shown here"));
  EXPECT_THAT(page, HasSubstr("bytes are not shown here"));
}

TEST(RunHtml, ManyTargetsWithOneOutputAreOneGroupWithCutNames) {
  const auto scope = fleet::testing::scope("444455556666", "us-east-1", "payments");
  flow::RunResult run;
  for (unsigned i = 0; i < 10'000; ++i) run.targets.push_back(testing::ran(scope, i, 0, "ok"));
  const std::string page = run_html(run, testing::sample_facts(), HtmlLimits());
  EXPECT_LT(page.size(), 20'000U);
  EXPECT_THAT(page, HasSubstr("<strong>10,000 targets</strong> succeeded"));
  EXPECT_THAT(page, HasSubstr("... (cut; 10,000 targets in all)"));
}

TEST(HtmlEscaped, MakesEveryTrickVisible) {
  EXPECT_EQ(html_escaped("<a href='x'>&\"\t\n"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\t\n");
  EXPECT_EQ(html_escaped("a\r\nb\rc\x1b[0m\x7f"), "a\nb\\x0dc\\x1b[0m\\x7f");
  EXPECT_EQ(html_escaped("\u202eexe\u2066\u200f\u0085\xff\xc3"), "\\u202eexe\\u2066\\u200f\\u0085\\xff\\xc3");
  EXPECT_EQ(html_escaped("\u00e4\u20ac\U0001f600"), "\u00e4\u20ac\U0001f600");
  EXPECT_EQ(html_escaped(std::string_view("\0", 1)), "\\x00");
}

}  // namespace run_html_test
}  // namespace postern::report
