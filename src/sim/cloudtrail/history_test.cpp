#include "sim/cloudtrail/history.hpp"

#include <gtest/gtest.h>

#include "aws/ssm/ops.hpp"

namespace postern::sim::trail {
namespace {

const SiteKey kHere("111122223333", "us-east-1");
const SiteKey kThere("444455556666", "us-east-1");

CallEventPtr call(const aws::OperationSpec& operation, std::string request = std::string()) {
  auto made = std::make_shared<CallEvent>();
  made->operation = &operation;
  made->request = std::move(request);
  return made;
}

CallEventPtr write(std::string request = std::string()) {
  return call(aws::ssm::SendCommand::spec(), std::move(request));
}
CallEventPtr read() {
  return call(aws::ssm::ListCommands::spec());
}

TEST(EventHistory, GivesASitesEventsNewestFirst) {
  EventHistory history;
  history.add(kHere, write("1"));
  history.add(kThere, write("2"));
  history.add(kHere, read());
  history.add(kHere, write("4"));
  std::vector<std::uint64_t> numbers;
  for (const LoggedEvent* event : history.newest_first(kHere)) numbers.push_back(event->number);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{4, 3, 1}));
  EXPECT_EQ(history.newest_first(kThere).size(), 1U);
  EXPECT_TRUE(history.newest_first(SiteKey("1", "2")).empty());
}

TEST(EventHistory, ReadsPushNoWriteOut) {
  EventHistory history;
  history.add(kHere, write());
  for (std::size_t i = 0; i < EventHistory::kReadsMax + 10; ++i) history.add(kHere, read());
  EXPECT_EQ(history.newest_first(kHere).size(), EventHistory::kReadsMax + 1);
  EXPECT_EQ(history.newest_first(kHere).back()->number, 1U);
  for (std::size_t i = 0; i < EventHistory::kWritesMax; ++i) history.add(kHere, write());
  EXPECT_EQ(history.newest_first(kHere).size(), EventHistory::kReadsMax + EventHistory::kWritesMax);
  EXPECT_NE(history.newest_first(kHere).back()->number, 1U);
}

TEST(EventHistory, ForgetsTheOldestOfAllWhenItIsTooLarge) {
  EventHistory history;
  const std::string large(1024 * 1024, 'x');
  history.add(kThere, read());
  for (int i = 0; i < 100; ++i) history.add(kHere, write(large));
  EXPECT_LE(history.bytes(), EventHistory::kBytesMax);
  EXPECT_LT(history.size(), 64U);
  EXPECT_GT(history.size(), 60U);
  EXPECT_TRUE(history.newest_first(kThere).empty());
  EXPECT_EQ(history.newest_first(kHere).front()->number, 101U);
}

}  // namespace
}  // namespace postern::sim::trail
