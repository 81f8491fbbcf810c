#include "report/junit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "base/xml.hpp"
#include "report/testing/sample.hpp"

namespace postern::report {
namespace junit_test {

using ::testing::HasSubstr;
using testing::hostile;
using testing::ran;
using testing::sample_facts;
using testing::sample_run;

std::size_t attribute_of(XmlNode node, std::string_view name) {
  return std::stoul(std::string(node.attribute(name)));
}

/// The counts of every suite are those of its cases.
void expect_counted(const std::string& xml) {
  const auto document = XmlDocument::parse(xml);
  ASSERT_TRUE(document) << document.error().message();
  std::size_t tests = 0;
  for (XmlNode suite = document->root().first_child(); suite; suite = suite.next_sibling()) {
    std::map<std::string, std::size_t> seen;
    for (XmlNode test = suite.child("testcase"); test; test = test.next_sibling()) {
      ++seen["tests"];
      for (const char* kind : {"failure", "error", "skipped"}) seen[kind] += test.child(kind) ? 1 : 0;
    }
    EXPECT_EQ(attribute_of(suite, "tests"), seen["tests"]);
    EXPECT_EQ(attribute_of(suite, "failures"), seen["failure"]);
    EXPECT_EQ(attribute_of(suite, "errors"), seen["error"]);
    EXPECT_EQ(attribute_of(suite, "skipped"), seen["skipped"]);
    tests += seen["tests"];
  }
  EXPECT_EQ(attribute_of(document->root(), "tests"), tests);
}

TEST(JUnitXml, TellsFailuresErrorsAndSkipsApart) {
  RunFacts facts = sample_facts();
  facts.world = "sim:demo";
  const std::string xml = junit_xml(sample_run(), facts, JUnitOptions());
  EXPECT_EQ(xml, R"x(<?xml version="1.0" encoding="UTF-8"?>)x"
                 "\n"
                 R"x(<testsuites name="postern run 01ARZ3NDEKTSV4RRFFQ69G5FAV" tests="7" failures="1")x"
                 R"x( errors="3" skipped="1" time="4.500">)x"
                 "\n"
                 R"x(<testsuite name="payments (444455556666)" tests="4" failures="1" errors="0" skipped="1")x"
                 R"x( time="4.500" timestamp="2026-11-21T03:04:05">)x"
                 "\n"
                 R"x(<properties><property name="postern.run_id" value="01ARZ3NDEKTSV4RRFFQ69G5FAV"/>)x"
                 R"x(<property name="postern.world" value="sim:demo"/><property name="postern.simulated")x"
                 R"x( value="SIMULATED"/><property name="postern.title" value="uptime"/><property)x"
                 R"x( name="postern.selector" value="@web"/><property name="postern.command_id")x"
                 R"x( value="c-444455556666"/></properties>)x"
                 "\n"
                 R"x(<testcase classname="444455556666.us-east-1" name="web-01 (i-00000000000000001)">)x"
                 R"x(<system-out>ok)x"
                 "\n"
                 R"x(</system-out></testcase>)x"
                 "\n"
                 R"x(<testcase classname="444455556666.us-east-1" name="i-00000000000000002"><system-out>ok)x"
                 R"x(</system-out></testcase>)x"
                 "\n"
                 R"x(<testcase classname="444455556666.us-east-1" name="i-00000000000000003"><failure)x"
                 R"x( type="failed" message="Failed (exit code 3)"/><system-out>no)x"
                 "\n"
                 R"x(</system-out></testcase>)x"
                 "\n"
                 R"x(<testcase classname="444455556666.us-east-1" name="i-00000000000000004"><skipped)x"
                 R"x( message="excluded by name"/></testcase>)x"
                 "\n"
                 R"x(</testsuite>)x"
                 "\n"
                 R"x(<testsuite name="ledger (777788889999)" tests="3" failures="0" errors="3" skipped="0")x"
                 R"x( time="4.500" timestamp="2026-11-21T03:04:05">)x"
                 "\n"
                 R"x(<properties><property name="postern.run_id" value="01ARZ3NDEKTSV4RRFFQ69G5FAV"/>)x"
                 R"x(<property name="postern.world" value="sim:demo"/><property name="postern.simulated")x"
                 R"x( value="SIMULATED"/><property name="postern.title" value="uptime"/><property)x"
                 R"x( name="postern.selector" value="@web"/></properties>)x"
                 "\n"
                 R"x(<testcase classname="777788889999.eu-west-1" name="i-00000000000000005"><error)x"
                 R"x( type="unknown" message="the answer to the send was lost"/></testcase>)x"
                 "\n"
                 R"x(<testcase classname="777788889999.eu-west-1" name="i-00000000000000006"><error)x"
                 R"x( type="unreachable" message="connection lost"/></testcase>)x"
                 "\n"
                 R"x(<testcase classname="777788889999.eu-west-1" name="i-00000000000000007"><error)x"
                 R"x( type="refused" message="AccessDenied"/></testcase>)x"
                 "\n"
                 R"x(</testsuite>)x"
                 "\n"
                 R"x(</testsuites>)x"
                 "\n");
  expect_counted(xml);
}

TEST(JUnitXml, AnAccountThatCouldNotBeAskedIsAnError) {
  RunFacts facts = sample_facts();
  facts.unasked.emplace_back(fleet::testing::scope("999900001111", "us-west-2", "gone"), "AccessDenied");
  const std::string xml = junit_xml(sample_run(), facts, JUnitOptions());
  EXPECT_THAT(
      xml, HasSubstr("name=\"targets of us-west-2\"><error type=\"not asked\" message=\"us-west-2: AccessDenied\"/>"));
  EXPECT_THAT(xml, HasSubstr("tests=\"8\" failures=\"1\" errors=\"4\""));
  expect_counted(xml);
}

TEST(JUnitXml, IsXmlWhateverTargetsWrite) {
  flow::RunResult run = sample_run();
  for (flow::TargetResult& target : run.targets) {
    target.out = hostile();
    target.err = hostile();
    target.reason = hostile();
  }
  RunFacts facts = sample_facts();
  for (std::string* text : {&facts.title, &facts.reason, &facts.ticket, &facts.selector, &facts.operator_name})
    *text = hostile();
  facts.names["444455556666/us-east-1/i-00000000000000001"] = hostile();
  const std::string xml = junit_xml(run, facts, JUnitOptions());
  expect_counted(xml);
  EXPECT_EQ(xml.find('\x1b'), std::string::npos);
  EXPECT_EQ(xml.find('\0'), std::string::npos);
  EXPECT_TRUE(is_utf8(xml));
}

TEST(JUnitXml, OutputsAreBoundedAndFailuresComeFirst) {
  const auto scope = fleet::testing::scope("444455556666", "us-east-1", "payments");
  flow::RunResult run;
  for (unsigned i = 0; i < 10'000; ++i)
    run.targets.push_back(ran(scope, i, i == 9'999 ? 1 : 0, std::string(5'000, 'x') + "end"));
  JUnitOptions options;
  options.output_max = 1'000;
  options.all_outputs_max = 100'000;
  const std::string xml = junit_xml(run, sample_facts(), options);
  EXPECT_LT(xml.size(), 100'000U + 10'000U * 250U);
  EXPECT_THAT(xml, HasSubstr("[postern: 4003 bytes left out]"));
  EXPECT_THAT(xml, HasSubstr("[postern: 5003 bytes left out, for this file is full]"));
  const std::string last = xml.substr(xml.rfind("<testcase"));
  EXPECT_THAT(last, HasSubstr("xend</system-out>")) << "the failure has kept its output";
  expect_counted(xml);
}

}  // namespace junit_test
}  // namespace postern::report
