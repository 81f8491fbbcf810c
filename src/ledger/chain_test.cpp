#include "ledger/chain.hpp"

#include <gtest/gtest.h>

namespace postern::ledger {
namespace {

Record chain_record(std::uint64_t seq, std::int64_t nanoseconds, std::string type, std::string body) {
  Record record;
  record.seq = seq;
  record.at = WallTime(Duration(nanoseconds));
  record.type = std::move(type);
  record.body = std::move(body);
  return record;
}

/// Computed with Python's hashlib from docs/formats/ledger.md alone.
constexpr std::string_view kStart = "af59efd5f075964376f2494563d1e552c5c90a7ea166320290fbd2b54a34fcc6";
constexpr std::string_view kFirst = "5e47a25473d7417f225fecf40bd8f5a3b37153b9fe69021f8fd957e5952bae20";
constexpr std::string_view kSecond = "8d87c41cad211b3280176ce81c00990f53dae182fb52b94735054fcc04ea27d3";

std::vector<Record> two_records() {
  std::vector<Record> out;
  out.push_back(chain_record(1, 1763697845000000123, "mutation.intent", "{\"id\":\"op-1\"}"));
  out.push_back(chain_record(2, -5, "", std::string("\0\xff", 2)));
  out[0].hash = from_hex(kFirst).value();
  out[1].hash = from_hex(kSecond).value();
  return out;
}

TEST(Chain, HasTheHashesThatTheFormatSays) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const Digest start = chain_start("sim:demo", "run/01JD0000000000000000000000");
  EXPECT_EQ(to_hex(start), kStart);
  const std::vector<Record> records = two_records();
  EXPECT_EQ(to_hex(chain_next(start, records[0])), kFirst);
  EXPECT_EQ(to_hex(chain_next(records[0].hash, records[1])), kSecond);
  EXPECT_EQ(to_hex(verify_chain(start, 1, records).value()), kSecond);
  EXPECT_EQ(verify_chain(start, 1, std::vector<Record>()).value(), start);
}

TEST(Chain, SeesEveryChange) {
  const Digest start = from_hex(kStart).value();
  const auto seen = [&](void (*change)(std::vector<Record>&)) {
    std::vector<Record> records = two_records();
    change(records);
    const Result<Digest> head = verify_chain(start, 1, records);
    return !head && head.error().kind() == ErrorKind::malformed;
  };
  EXPECT_TRUE(seen([](auto& records) { records[0].body[2] = 'I'; }));
  EXPECT_TRUE(seen([](auto& records) { records[0].type = "mutation.intenT"; }));
  EXPECT_TRUE(seen([](auto& records) { records[0].at += Duration(1); }));
  EXPECT_TRUE(seen([](auto& records) { records[1].hash[31] ^= 1U; }));
  EXPECT_TRUE(seen([](auto& records) { std::swap(records[0], records[1]); }));
  EXPECT_TRUE(seen([](auto& records) { records.erase(records.begin()); }));
  EXPECT_TRUE(seen([](auto& records) { records[1].seq = 3; }));
  // A byte that moves from one field to the next.
  EXPECT_TRUE(seen([](auto& records) {
    records[0].type += records[0].body.front();
    records[0].body.erase(0, 1);
  }));
  EXPECT_NE(chain_start("sim:demo", "a"), chain_start("sim:dem", "oa"));
  EXPECT_NE(chain_start("sim:demo", "a"), chain_start("aws:aws", "a"));
}

TEST(Chain, SaysWhichRecordDoesNotFit) {
  std::vector<Record> records = two_records();
  records[1].body = "other";
  const Result<Digest> head = verify_chain(from_hex(kStart).value(), 1, records);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().context("seq"), "2");
  EXPECT_EQ(head.error().context("found"), kSecond);
}

TEST(Chain, DigestsAreReadFromExactlySixtyFourDigits) {
  EXPECT_FALSE(from_hex(kStart.substr(2)));
  EXPECT_FALSE(from_hex(std::string(kStart) + "00"));
  EXPECT_FALSE(from_hex("zz" + std::string(kStart.substr(2))));
}

}  // namespace
}  // namespace postern::ledger
