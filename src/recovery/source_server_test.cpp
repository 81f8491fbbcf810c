#include "recovery/source_server.hpp"

#include <gtest/gtest.h>

namespace postern::recovery {
namespace {

using std::chrono::seconds;

TEST(IsoDuration, ReadsWhatDrsWrites) {
  EXPECT_EQ(parse_iso_duration("PT0S"), Duration(seconds(0)));
  EXPECT_EQ(parse_iso_duration("PT6M10S"), Duration(seconds(370)));
  EXPECT_EQ(parse_iso_duration("P1DT2H"), Duration(seconds(93'600)));
  EXPECT_EQ(parse_iso_duration("P2W"), Duration(seconds(1'209'600)));
  EXPECT_EQ(parse_iso_duration("PT1.5S"), Duration(seconds(1)));
}

TEST(IsoDuration, RefusesTheRest) {
  for (const char* text : {"", "P", "PT", "6M", "PT6", "PT6X", "P1M", "P1Y", "PT1HT2M", "PT-5S", "PT99999999999S",
                           "PT1.5M", "P1DT", "2026-11-21T03:04:05Z"}) {
    EXPECT_EQ(parse_iso_duration(text), std::nullopt) << text;
  }
}

TEST(ReplicationStates, KeepTheirNames) {
  for (const char* text : {"STOPPED", "INITIATING", "INITIAL_SYNC", "BACKLOG", "CREATING_SNAPSHOT", "CONTINUOUS",
                           "PAUSED", "RESCAN", "STALLED", "DISCONNECTED"}) {
    EXPECT_EQ(to_string(parse_replication_state(text)), text);
  }
  EXPECT_EQ(parse_replication_state("QUIESCED"), ReplicationState::unknown);
}

TEST(ServersOfInstances, AreAllFound) {
  std::vector<SourceServer> servers(3);
  servers[0].instance_id = "i-1";
  servers[0].origin_account = "111122223333";
  servers[1] = servers[0];
  servers[2].hostname = "no instance";
  const ServersByInstance found = by_instance(servers);
  EXPECT_EQ(found.count(std::pair<std::string, std::string>("111122223333", "i-1")), 2U);
  EXPECT_EQ(found.size(), 2U);
}

}  // namespace
}  // namespace postern::recovery
