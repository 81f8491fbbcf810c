#include "aws/core/packed.hpp"

#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "aws/core/types.hpp"

namespace postern::aws {
namespace packed_tests {

struct Node {
  Node() = default;
  std::optional<std::string> label;
  std::vector<Node> children;
};

enum : std::uint16_t { kNode, kNodes, kLabel, kColour, kBroken, kTags, kLonely };
enum : std::uint16_t { kList, kStop };

constexpr char kText[] = "Node[]keyItemlabelcolour-RED-greenGoneurn:aPOST/xyNext";
constexpr PackedText kNodeName{0, 4};
constexpr PackedText kLabelName{13, 5};
constexpr PackedText kColourName{18, 6};

constexpr PackedShape kShapes[] = {
    {.name = kNodeName, .kind = Kind::structure, .is_union = true, .first = 0, .count = 2},
    {.name = {0, 6}, .kind = Kind::list, .flattened = true, .ops = 1, .first = kNode, .extras = 1},
    {.name = kLabelName, .kind = Kind::string, .sensitive = true, .ops = 2, .limits = 1},
    {.name = kColourName, .kind = Kind::string, .is_document = true, .ops = 2, .first = 0, .count = 3},
    {.name = {34, 4}, .kind = Kind::structure, .sender_fault = false, .first = 2, .count = 1, .extras = 2},
    {.name = {6, 3}, .kind = Kind::map, .time_format = TimeFormat::http_date, .first = kColour, .extras = 3},
    {.name = {6, 7}, .kind = Kind::int64, .limits = 2},
};

constexpr PackedMember kMembers[] = {
    {.name = kLabelName,
     .wire_name = {14, 4},
     .query_name = {15, 3},
     .shape = kLabel,
     .ops = 0,
     .offset = 0,
     .required = true,
     .idempotency_token = true,
     .xml_attribute = true},
    {.name = kColourName,
     .shape = kNodes,
     .ops = 1,
     .offset = 40,
     .location = Location::status_code,
     .time_format = TimeFormat::epoch_seconds,
     .flattened = true,
     .payload = true,
     .json_value = true,
     .xml_namespace = 2},
    {.name = kColourName, .shape = kColour, .ops = 0},
};

constexpr PackedText kValues[] = {{25, 3}, {}, {29, 5}};
constexpr PackedLimits kLimits[] = {{.min = -3}, {.min = INT64_MIN + 1, .max = INT64_MAX}};
constexpr PackedExtras kExtras[] = {
    {.element_name = {9, 4}, .key_name = {6, 3}, .element_namespace = 1},
    {.element_name = {9, 4}, .key_name = {6, 3}, .error_code = {34, 4}, .error_status = 503},
    {.element_name = {9, 4},
     .key_name = kLabelName,
     .xml_namespace = {38, 5},
     .xml_namespace_prefix = {42, 1},
     .element_namespace = 2,
     .key_namespace = 1},
};

constexpr PackedOperation kOperations[] = {
    {.name = {9, 4},
     .result_wrapper = {0, 6},
     .http_method = {43, 4},
     .request_uri = {47, 2},
     .host_prefix = {48, 1},
     .xml_root = {49, 1},
     .xml_root_namespace = {38, 5},
     .reply_root = kNodeName,
     .input = kNode,
     .output = kTags,
     .first_error = 1,
     .errors = 1,
     .pagination = 1,
     .success_status = 202,
     .effect = Effect::read,
     .body_checksum = BodyChecksum::required,
     .unsigned_request = true,
     .unwrapped_reply = true},
    {.name = {34, 4}, .input = kBroken, .output = kLonely, .first_error = 0, .errors = 2},
};
constexpr std::uint16_t kErrors[] = {kNode, kBroken};
constexpr PackedPagination kPaginations[] = {{.input_token = {50, 4},
                                              .output_token = {50, 3},
                                              .limit_key = {51, 3},
                                              .result_key = {0, 6},
                                              .more_results = {9, 4}}};
constexpr const FieldOps* kFieldOps[] = {&kOptionalField<std::string>, &kContainerField<std::vector<Node>>};
constexpr const ValueOps* kValueOps[] = {&kListOps<Node>, &kStringOps};
constexpr XmlNamespace kNamespaces[] = {{"urn:one", ""}, {"urn:two", "two"}};
constexpr ServiceSpec kService{};

/// The tables above, of which nobody has asked for anything yet.
class Model {
 public:
  Model() = default;
  const PackedModel& operator*() const { return model_; }
  const PackedModel* operator->() const { return &model_; }
  bool has_shape(std::size_t index) const { return shapes_[index].load() != nullptr; }
  bool has_operation(std::size_t index) const { return operations_[index].load() != nullptr; }

 private:
  std::array<std::atomic<const Shape*>, std::size(kShapes)> shapes_{};
  std::array<std::atomic<const OperationSpec*>, std::size(kOperations)> operations_{};
  std::array<const OperationSpec*, std::size(kOperations)> list_{};
  PackedModel model_{.service = &kService,
                     .text = kText,
                     .shapes = kShapes,
                     .members = kMembers,
                     .values = kValues,
                     .limits = kLimits,
                     .extras = kExtras,
                     .operations = kOperations,
                     .errors = kErrors,
                     .paginations = kPaginations,
                     .field_ops = kFieldOps,
                     .value_ops = kValueOps,
                     .namespaces = kNamespaces,
                     .unpacked_shapes = shapes_.data(),
                     .unpacked_operations = operations_.data(),
                     .operation_list = list_.data()};
};

TEST(PackedModel, UnpacksAShapeThatReachesItself) {
  const Model model;
  const Shape& node = model->shape(kNode);
  EXPECT_EQ(node.name, "Node");
  EXPECT_EQ(node.kind, Kind::structure);
  ASSERT_EQ(node.members.size(), 2U);
  const Shape& nodes = *node.members[1].shape;
  EXPECT_EQ(nodes.name, "Node[]");
  EXPECT_EQ(nodes.element, &node);
  EXPECT_EQ(&model->shape(kNodes), &nodes);
  EXPECT_EQ(&model->shape(kNode), &node);
}

TEST(PackedModel, UnpacksOnlyWhatIsReached) {
  const Model model;
  EXPECT_EQ(model->enum_text(kColour, 0), "RED");
  for (std::size_t i = 0; i < std::size(kShapes); ++i) EXPECT_FALSE(model.has_shape(i)) << i;
  model->shape(kTags);
  for (std::size_t i = 0; i < std::size(kShapes); ++i) EXPECT_EQ(model.has_shape(i), i == kTags || i == kColour) << i;
  model->operation(kList);
  EXPECT_FALSE(model.has_shape(kLonely));
  EXPECT_FALSE(model.has_operation(kStop));
}

TEST(PackedModel, RefersToWhatWasUnpackedBefore) {
  const Model model;
  const Shape& colour = model->shape(kColour);
  const Shape& broken = model->shape(kBroken);
  EXPECT_EQ(broken.members[0].shape, &colour);
  const OperationSpec& list = model->operation(kList);
  EXPECT_EQ(list.errors[0], &broken);
  EXPECT_EQ(list.output->element, &colour);
  EXPECT_EQ(list.input, &model->shape(kNode));
}

TEST(PackedModel, KeepsEverythingOfAMember) {
  const Model model;
  const Member& label = model->shape(kNode).members[0];
  EXPECT_EQ(label.name, "label");
  EXPECT_EQ(label.wire_name, "abel");
  EXPECT_EQ(label.query_name, "bel");
  EXPECT_EQ(label.ops, &kOptionalField<std::string>);
  EXPECT_EQ(label.offset, 0U);
  EXPECT_EQ(label.location, Location::body);
  EXPECT_EQ(label.time_format, TimeFormat::unset);
  EXPECT_TRUE(label.required && label.idempotency_token && label.xml_attribute);
  EXPECT_FALSE(label.flattened || label.payload || label.json_value);
  EXPECT_EQ(label.xml_namespace, nullptr);
  const Member& children = model->shape(kNode).members[1];
  EXPECT_EQ(children.ops, &kContainerField<std::vector<Node>>);
  EXPECT_EQ(children.offset, 40U);
  EXPECT_EQ(children.location, Location::status_code);
  EXPECT_EQ(children.time_format, TimeFormat::epoch_seconds);
  EXPECT_TRUE(children.flattened && children.payload && children.json_value);
  EXPECT_FALSE(children.required || children.idempotency_token || children.xml_attribute);
  EXPECT_EQ(children.xml_namespace, &kNamespaces[1]);
}

TEST(PackedModel, KeepsFlagsAndLimitsOfAShape) {
  const Model model;
  EXPECT_TRUE(model->shape(kNode).is_union);
  EXPECT_FALSE(model->shape(kNode).flattened || model->shape(kNode).sensitive || model->shape(kNode).is_document);
  EXPECT_TRUE(model->shape(kNodes).flattened);
  EXPECT_TRUE(model->shape(kLabel).sensitive);
  EXPECT_TRUE(model->shape(kColour).is_document);
  EXPECT_EQ(model->shape(kTags).time_format, TimeFormat::http_date);
  EXPECT_EQ(model->shape(kTags).ops, nullptr);
  EXPECT_EQ(model->shape(kNodes).ops, &kListOps<Node>);
  EXPECT_EQ(model->shape(kLabel).min, -3);
  EXPECT_EQ(model->shape(kLabel).max, kNoLimit);
  EXPECT_EQ(model->shape(kLonely).min, INT64_MIN + 1);
  EXPECT_EQ(model->shape(kLonely).max, INT64_MAX);
  EXPECT_EQ(model->shape(kNode).min, kNoLimit);
}

TEST(PackedModel, KeepsWhatFewShapesHave) {
  const Model model;
  const Shape& plain = model->shape(kNode);
  EXPECT_EQ(plain.element_name, "member");
  EXPECT_EQ(plain.key_name, "key");
  EXPECT_EQ(plain.error_code, "");
  EXPECT_EQ(plain.error_status, 0);
  EXPECT_TRUE(plain.sender_fault);
  EXPECT_EQ(plain.element_namespace, nullptr);
  EXPECT_EQ(model->shape(kNodes).element_name, "Item");
  EXPECT_EQ(model->shape(kNodes).element_namespace, &kNamespaces[0]);
  const Shape& broken = model->shape(kBroken);
  EXPECT_EQ(broken.error_code, "Gone");
  EXPECT_EQ(broken.error_status, 503);
  EXPECT_FALSE(broken.sender_fault);
  const Shape& tags = model->shape(kTags);
  EXPECT_EQ(tags.element, &model->shape(kColour));
  EXPECT_EQ(tags.key_name, "label");
  EXPECT_EQ(tags.xml_namespace, "urn:a");
  EXPECT_EQ(tags.xml_namespace_prefix, "a");
  EXPECT_EQ(tags.element_namespace, &kNamespaces[1]);
  EXPECT_EQ(tags.key_namespace, &kNamespaces[0]);
}

TEST(PackedModel, KnowsTheValuesOfAnEnum) {
  const Model model;
  const Shape& colour = model->shape(kColour);
  EXPECT_EQ(std::vector(colour.enum_values.begin(), colour.enum_values.end()),
            (std::vector<std::string_view>{"RED", "", "green"}));
  EXPECT_TRUE(model->shape(kLabel).enum_values.empty());
  EXPECT_EQ(model->enum_text(kColour, 2), "green");
  EXPECT_EQ(model->enum_value(kColour, "green"), 2U);
  EXPECT_EQ(model->enum_value(kColour, ""), 1U);
  EXPECT_EQ(model->enum_value(kColour, "blue"), std::nullopt);
}

TEST(PackedModel, KeepsEverythingOfAnOperation) {
  const Model model;
  const OperationSpec& list = model->operation(kList);
  EXPECT_EQ(&model->operation(kList), &list);
  EXPECT_EQ(list.name, "Item");
  EXPECT_EQ(list.service, &kService);
  EXPECT_EQ(list.result_wrapper, "Node[]");
  EXPECT_EQ(list.http_method, "POST");
  EXPECT_EQ(list.request_uri, "/x");
  EXPECT_EQ(list.host_prefix, "x");
  EXPECT_EQ(list.xml_root, "y");
  EXPECT_EQ(list.xml_root_namespace, "urn:a");
  EXPECT_EQ(list.reply_root, "Node");
  EXPECT_EQ(list.success_status, 202);
  EXPECT_EQ(list.effect, Effect::read);
  EXPECT_EQ(list.body_checksum, BodyChecksum::required);
  EXPECT_TRUE(list.unsigned_request && list.unwrapped_reply);
  ASSERT_EQ(list.errors.size(), 1U);
  EXPECT_EQ(list.errors[0], &model->shape(kBroken));
  ASSERT_NE(list.pagination, nullptr);
  EXPECT_EQ(list.pagination->input_token, "Next");
  EXPECT_EQ(list.pagination->output_token, "Nex");
  EXPECT_EQ(list.pagination->limit_key, "ext");
  EXPECT_EQ(list.pagination->result_key, "Node[]");
  EXPECT_EQ(list.pagination->more_results, "Item");
  const OperationSpec& stop = model->operation(kStop);
  EXPECT_EQ(stop.pagination, nullptr);
  EXPECT_EQ(stop.success_status, 200);
  EXPECT_EQ(stop.effect, Effect::write);
  EXPECT_EQ(stop.errors.size(), 2U);
}

TEST(PackedModel, ListsAllOperations) {
  const Model model;
  const OperationSpec& stop = model->operation(kStop);
  const std::span<const OperationSpec* const> all = model->all_operations();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], &model->operation(kList));
  EXPECT_EQ(all[1], &stop);
  EXPECT_EQ(model->all_operations().data(), all.data());
}

TEST(PackedModel, GivesThreadsTheSameObjects) {
  constexpr int kRounds = 50;
  constexpr std::size_t kThreads = 4;
  struct Seen {
    const Shape* node = nullptr;
    const OperationSpec* list = nullptr;
    const OperationSpec* const* all = nullptr;
  };
  for (int round = 0; round < kRounds; ++round) {
    const Model model;
    std::array<Seen, kThreads> seen;
    std::latch start(kThreads);
    const auto ask = [&](std::size_t i) {
      start.arrive_and_wait();
      // Each starts elsewhere; all of them use what they get.
      if (i % 2 == 0) seen[i].list = &model->operation(kList);
      seen[i].node = &model->shape(kNode);
      EXPECT_EQ(seen[i].node->members[1].shape->element, seen[i].node);
      seen[i].all = model->all_operations().data();
      if (i % 2 != 0) seen[i].list = seen[i].all[kList];
    };
    std::vector<std::thread> threads;  // tidy: allow(thread) what threads get at once is what is tested
    for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back(ask, i);
    for (auto& thread : threads) thread.join();
    for (const Seen& one : seen) {
      EXPECT_EQ(one.node, seen[0].node);
      EXPECT_EQ(one.list, seen[0].list);
      EXPECT_EQ(one.all, seen[0].all);
      EXPECT_EQ(one.list->input, one.node);
    }
  }
}

}  // namespace packed_tests
}  // namespace postern::aws
