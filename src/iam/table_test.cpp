// The evaluator on the case tables of testdata/. testdata/README.md explains the notation.
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "iam/testing/table.hpp"

namespace postern::iam {
namespace {

// Rows over all tables; losing one is an accident.
constexpr std::size_t kRowsMin = 480;

std::string text_of(const Json& value) {
  return std::string(value.to_string().value_or(""));
}

class EvaluatorTables : public ::testing::Test {
 protected:
  void SetUp() override {
    auto world = testing::load_table("world.yaml");
    ASSERT_TRUE(world) << world.error().to_text();
    world_ = std::move(*world);
  }

  Json load(std::string_view file) {
    auto table = testing::load_table(file);
    EXPECT_TRUE(table) << table.error().to_text();
    return table ? std::move(*table) : Json();
  }

  // Runs a whole request and gives its evaluation; a row that makes no sense fails the test.
  std::optional<Evaluation> run(const Json& row, DenialStyle style = DenialStyle::service) {
    auto made = testing::Case::make(world_, row);
    EXPECT_TRUE(made) << made.error().to_text() << "\n" << row.dump();
    if (!made) return std::nullopt;
    cases_.push_back(std::move(*made));
    const Evaluation full = cases_.back()->run(Detail::full, style);
    Evaluation quick = cases_.back()->run(Detail::decision, style);
    EXPECT_EQ(quick.decision, full.decision);
    EXPECT_EQ(quick.denial_text, full.denial_text);
    EXPECT_TRUE(quick.near_misses.empty());
    return full;
  }

  void check_row(const Json& row);

  Json world_;
  std::vector<std::unique_ptr<testing::Case>> cases_;
};

DenialStyle style_of(const Json& row) {
  const std::string style = text_of(row["style"]);
  return style == "with_arn" ? DenialStyle::with_arn : style == "reason" ? DenialStyle::reason : DenialStyle::service;
}

std::string layer_text(Layer layer) {
  constexpr std::string_view kNames[] = {"scp", "rcp", "endpoint", "resource", "identity", "boundary", "session"};
  return std::string(kNames[static_cast<std::size_t>(layer)]);
}

// POLICY/SID or POLICY/INDEX.
bool is_statement(const StatementRef& ref, const std::string& by) {
  return ref && (by == ref.policy->name + "/" + ref.statement().sid ||
                 by == ref.policy->name + "/" + std::to_string(ref.index + 1));
}

void EvaluatorTables::check_row(const Json& row) {
  SCOPED_TRACE(text_of(row["rule"]));
  const std::optional<Evaluation> got = run(row, style_of(row));
  if (!got) return;
  EXPECT_EQ(to_string(got->decision), text_of(row["expect"])) << got->explanation;
  if (row.contains("layer")) {
    EXPECT_EQ(layer_text(got->layer), text_of(row["layer"])) << got->explanation;
  } else {
    EXPECT_TRUE(got->allowed()) << "a denial names its layer";
  }
  if (row.contains("by")) {
    EXPECT_TRUE(is_statement(got->decided_by(), text_of(row["by"]))) << got->explanation;
  }
  if (row.contains("text")) {
    EXPECT_EQ(got->denial_text, text_of(row["text"]));
  }
  EXPECT_EQ(got->denial_text.empty(), got->allowed());
  if (!row.contains("key")) return;
  // The explanation names the condition key that kept a statement from matching.
  const std::string key = text_of(row["key"]);
  EXPECT_TRUE(std::any_of(got->near_misses.begin(), got->near_misses.end(), [&](const NearMiss& near) {
    return near.key == key;
  })) << got->explanation;
  EXPECT_NE(got->explanation.find(key), std::string::npos);
}

TEST_F(EvaluatorTables, Conditions) {
  const Json table = load("conditions.yaml");
  for (const Json& row : table["conditions"].items()) {
    SCOPED_TRACE(text_of(row["rule"]));
    const Json keys = Json::object().set(text_of(row["key"]), row["policy"]);
    const Json block = Json::object().set(text_of(row["op"]), keys);
    const Json statement = Json::object().set("Effect", "Allow").set("Action", "*").set("Resource", "*");
    const Json guarded = Json(statement).set("Condition", block);
    const Json version = row.contains("version") ? row["version"] : Json("2012-10-17");
    Json context = row.contains("context") ? row["context"] : Json::object();
    if (row.contains("request"))
      context.set(text_of(row.contains("request_key") ? row["request_key"] : row["key"]), row["request"]);
    const Json document = Json::object().set("Version", version).set("Statement", guarded);
    const Json full = Json::object()
                          .set("who", "alice")
                          .set("action", "s3:GetObject")
                          .set("identity", Json::array().push_back(document))
                          .set("context", context);
    const auto got = run(full);
    if (got) EXPECT_EQ(got->allowed(), row["holds"].as_bool()) << got->explanation;
    // A Deny under the same condition bites exactly when the Allow grants.
    const Json denied = Json(guarded).set("Effect", "Deny");
    const Json both =
        Json::object().set("Version", version).set("Statement", Json::array().push_back(statement).push_back(denied));
    const auto opposite = run(Json(full).set("identity", Json::array().push_back(both)));
    if (opposite) EXPECT_EQ(opposite->allowed(), !row["holds"].as_bool()) << opposite->explanation;
  }
}

TEST_F(EvaluatorTables, Actions) {
  const Json table = load("matching.yaml");
  for (const Json& row : table["actions"].items()) {
    SCOPED_TRACE(text_of(row["rule"]));
    Json statement = Json::object().set("Effect", "Allow").set("Resource", "*");
    statement.set(row.contains("not") ? "NotAction" : "Action", row.contains("not") ? row["not"] : row["policy"]);
    const Json document = Json::object().set("Version", "2012-10-17").set("Statement", statement);
    const auto got = run(Json::object()
                             .set("who", "alice")
                             .set("action", row["request"])
                             .set("identity", Json::array().push_back(document)));
    if (got) EXPECT_EQ(got->allowed(), row["matches"].as_bool()) << got->explanation;
  }
}

TEST_F(EvaluatorTables, Resources) {
  const Json table = load("matching.yaml");
  for (const Json& row : table["resources"].items()) {
    SCOPED_TRACE(text_of(row["rule"]));
    Json statement = Json::object().set("Effect", "Allow").set("Action", "*");
    statement.set(row.contains("not") ? "NotResource" : "Resource", row.contains("not") ? row["not"] : row["policy"]);
    const Json document = Json::object()
                              .set("Version", row.contains("version") ? row["version"] : Json("2012-10-17"))
                              .set("Statement", statement);
    const auto got = run(Json::object()
                             .set("who", "alice")
                             .set("action", "s3:GetObject")
                             .set("resource", row["request"])
                             .set("context", row["context"])
                             .set("identity", Json::array().push_back(document)));
    if (got) EXPECT_EQ(got->allowed(), row["matches"].as_bool()) << got->explanation;
  }
}

// A resource policy of the principals' own account; `statements` are its statements.
Json asks_resource(const Json& who, Json statements) {
  const Json document = Json::object().set("Version", "2012-10-17").set("Statement", std::move(statements));
  return Json::object()
      .set("who", who)
      .set("action", "s3:GetObject")
      .set("resource", "arn:aws:s3:::b/k")
      .set("resource_account", "111122223333")
      .set("resource_policy", document);
}

TEST_F(EvaluatorTables, Principals) {
  const Json table = load("matching.yaml");
  for (const Json& row : table["principals"].items()) {
    SCOPED_TRACE(text_of(row["rule"]));
    Json statement = Json::object().set("Effect", "Allow").set("Action", "s3:GetObject").set("Resource", "*");
    const bool negative = row.contains("not");
    statement.set(negative ? "NotPrincipal" : "Principal", row[negative ? "not" : "principal"]);
    if (row.contains("condition")) statement.set("Condition", row["condition"]);
    Json asked = asks_resource(row["who"], Json::array().push_back(statement));
    // A federated user without session policies has its own silence; it is named directly here.
    const auto got = run(asked);
    const bool root = text_of(row["who"]) == "root-a";
    if (got && !root) EXPECT_EQ(got->allowed(), row["matches"].as_bool()) << got->explanation;
    if (got && root) EXPECT_EQ(got->layer_result(Layer::resource).naming == Naming::itself, row["matches"].as_bool());
  }
}

TEST_F(EvaluatorTables, DeniedExcept) {
  const Json table = load("matching.yaml");
  for (const Json& row : table["denied_except"].items()) {
    SCOPED_TRACE(text_of(row["rule"]));
    const Json deny =
        Json::object().set("Effect", "Deny").set("NotPrincipal", row["not"]).set("Action", "*").set("Resource", "*");
    const Json allow =
        Json::object().set("Effect", "Allow").set("Principal", "*").set("Action", "*").set("Resource", "*");
    const auto got = run(asks_resource(row["who"], Json::array().push_back(allow).push_back(deny)));
    if (got) EXPECT_EQ(got->decision == Decision::explicit_deny, row["denied"].as_bool()) << got->explanation;
  }
}

TEST_F(EvaluatorTables, Layers) {
  const Json table = load("layers.yaml");
  for (const Json& row : table["cases"].items()) check_row(row);
}

TEST_F(EvaluatorTables, Trust) {
  const Json table = load("trust.yaml");
  for (const Json& row : table["cases"].items()) check_row(row);
}

TEST_F(EvaluatorTables, Scenarios) {
  const Json table = load("scenarios.yaml");
  for (const Json& row : table["cases"].items()) check_row(row);
}

TEST_F(EvaluatorTables, EveryRowNamesItsRuleAndNoneIsLost) {
  std::size_t rows = 0;
  std::vector<std::string> rules;
  for (const std::string_view file :
       {"conditions.yaml", "matching.yaml", "layers.yaml", "trust.yaml", "scenarios.yaml"}) {
    const Json table = load(file);
    for (const Json::Member& list : table.members()) {
      for (const Json& row : list.value.items()) {
        ++rows;
        EXPECT_FALSE(text_of(row["rule"]).empty()) << row.dump();
        rules.push_back(std::string(file) + list.key + text_of(row["rule"]));
      }
    }
  }
  std::sort(rules.begin(), rules.end());
  const auto twice = std::adjacent_find(rules.begin(), rules.end());
  EXPECT_TRUE(twice == rules.end()) << *twice;
  EXPECT_GE(rows, kRowsMin);
}

}  // namespace
}  // namespace postern::iam
