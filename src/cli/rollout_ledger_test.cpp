#include "cli/rollout_ledger.hpp"

#include <gtest/gtest.h>

#include "flow/testing/durable_bed.hpp"

namespace postern::cli {
namespace rollout_ledger_test {

using flow::testing::DurableBed;

const char kRollout[] = "01BX5ZZKBKACTAV9WEVGEMMVRZ";

Json targets(std::size_t count, std::string_view state) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    Json row = Json::object().set("instance_id", fleet::testing::instance_id(static_cast<unsigned>(i)).text());
    rows.push_back(row.set("state", state).set("reason", std::string(200, 'x')));
  }
  return rows;
}

rt::Task<Result<void>> write(DurableBed* bed, std::size_t count, bool ends) {
  const rt::CallContext ctx = bed->loop.context();
  RolloutRecord record(bed->store, "sim:test", kRollout);
  RolloutBegin begin;
  begin.header = Json::object().set("operator", "ops@host");
  begin.scopes.push_back(Json::object().set("account_id", "444455556666"));
  begin.targets = targets(count, "ready");
  CO_TRY_VOID(co_await record.open(ctx, std::move(begin)));
  CO_TRY_VOID(co_await record.add_run(ctx, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "Ubuntu"));
  if (!ends) co_return Result<void>();
  RolloutEnd end;
  end.closing = Json::object().set("interrupted", false);
  end.targets = targets(count, "installed");
  co_return co_await record.close(ctx, std::move(end));
}

Result<RolloutRead> read(DurableBed& bed) {
  return bed.loop.run(read_rollout(bed.loop.context(), bed.store, "sim:test", kRollout));
}

TEST(RolloutLedger, KeepsHowItEndedInPiecesThatTheLedgerTakes) {
  DurableBed bed(1, 1);
  ASSERT_TRUE(bed.loop.run(write(&bed, 5'000, true)));
  const Result<RolloutRead> found = read(bed);
  ASSERT_TRUE(found) << found.error().to_text();
  ASSERT_EQ(found->targets.size(), 5'000U);
  EXPECT_EQ(found->targets.back()["state"].to_string(), "installed");
  EXPECT_TRUE(found->closed());
  EXPECT_EQ(found->header["operator"].to_string(), "ops@host");
  EXPECT_EQ(found->places_of("scopes").size(), 1U);
  EXPECT_TRUE(found->places_of("unasked").empty());
  ASSERT_EQ(found->runs.size(), 1U);
  EXPECT_EQ(found->runs[0].family, "Ubuntu");
  EXPECT_GT(found->info.version, 15U) << "no record holds them all";
}

TEST(RolloutLedger, OneThatDiedTellsWhatItHadFound) {
  DurableBed bed(1, 1);
  ASSERT_TRUE(bed.loop.run(write(&bed, 3, false)));
  const Result<RolloutRead> found = read(bed);
  ASSERT_TRUE(found) << found.error().to_text();
  EXPECT_FALSE(found->closed());
  EXPECT_EQ(found->targets.at(0)["state"].to_string(), "ready");
}

TEST(RolloutLedger, IsFoundByItsIdByARunOfItsAndAsTheNewest) {
  DurableBed bed(1, 1);
  const auto find = [&bed](std::string name) {
    return bed.loop.run(find_rollout(bed.loop.context(), bed.store, std::move(name)));
  };
  EXPECT_EQ(find(std::string(kLatestRun)).error().kind(), ErrorKind::not_found);
  ASSERT_TRUE(bed.loop.run(write(&bed, 3, true)));
  for (const char* name : {kRollout, "01bx5zzkbkactav9wevgemmvrz", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "latest"}) {
    const Result<std::string> found = find(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(*found, kRollout) << name;
  }
  EXPECT_EQ(find("01ARZ3NDEKTSV4RRFFQ69G5FAX").error().kind(), ErrorKind::usage);
}

auto installed_since(DurableBed& bed, WallTime since) {
  return bed.loop.run(installed_by_rollouts(bed.loop.context(), bed.store, "sim:test", since));
}

TEST(RolloutLedger, WhatSystemsManagerCallsInstalledIsKnown) {
  DurableBed bed(4, 2);
  bed.header.spec.comment = kInstallComment;
  ASSERT_TRUE(bed.start());
  const auto installed = installed_since(bed, WallTime::min());
  ASSERT_TRUE(installed) << installed.error().to_text();
  EXPECT_EQ(installed->size(), 4U);
  const auto first = installed->find("111122220000/" + bed.id(0));
  ASSERT_NE(first, installed->end());
  EXPECT_EQ(first->second.run_id, bed.header.run_id);
  const WallTime later = first->second.told + Duration(1);
  const auto none = installed_since(bed, later);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty()) << "that is long over";
}

TEST(RolloutLedger, OtherRunsInstallNothing) {
  DurableBed bed(4, 2);
  ASSERT_TRUE(bed.start());
  const auto installed = installed_since(bed, WallTime::min());
  ASSERT_TRUE(installed);
  EXPECT_TRUE(installed->empty());
}

}  // namespace rollout_ledger_test
}  // namespace postern::cli
