// tests/conformance/values_test.cc: our hashes, formats and arities against recorded facts, in both
// directions.
#include "base/base58.h"
#include "base/file.h"
#include "gc/hash.h"
#include "gc/make.h"
#include "gc/pod.h"
#include "gc/seed.h"
#include "gc/text.h"
#include "tests/conformance/value_facts.h"
#include "value/object.h"
#include "value/order.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plan::conformance {
namespace {

/// Columns of the table.
enum Column : size_t { kText, kHash, kSeed, kHead, kGerm, kPod, kArities, kColumns };

std::vector<std::vector<std::string>> read_table() {
  auto bytes = read_file(PLAN_CONFORMANCE_DATA "/vectors.tsv");
  if (!bytes) {
    ADD_FAILURE() << bytes.error().message;
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  const std::string text(bytes->begin(), bytes->end());
  for (const std::string& line : split(text, '\n')) {
    if (line.empty() || line.starts_with("# value")) continue;
    rows.push_back(split(line, '\t'));
    EXPECT_EQ(rows.back().size(), kColumns) << line;
  }
  return rows;
}

class Values : public testing::Test {
 protected:
  gc::Heap heap{gc::Config{}};
  std::vector<std::vector<std::string>> table = read_table();

  void SetUp() override { ASSERT_EQ(table.size(), 145u); }

  Value read(const std::string& text) {
    auto value = gc::read_value_text(heap, text);
    EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().message);
    return value ? *value : Value{};
  }
};

TEST_F(Values, HaveTheRecordedHashesBytesAndArities) {
  for (const auto& row : table) {
    auto facts = value_facts(heap, read(row[kText]));
    ASSERT_TRUE(facts) << facts.error().message;
    for (size_t c = kHash; c < kColumns; c++) EXPECT_EQ((*facts)[c - 1], row[c]) << row[kText];
  }
}

TEST_F(Values, AreReadBackFromRecordedSeeds) {
  for (const auto& row : table) {
    auto value = gc::load_seed(heap, from_hex(row[kSeed]));
    ASSERT_TRUE(value) << row[kText] << value.error().message;
    EXPECT_TRUE(equal_normal(*value, read(row[kText]))) << row[kText];
    auto again = value_facts(heap, *value);
    ASSERT_TRUE(again);
    for (size_t c = kHash; c < kColumns; c++) EXPECT_EQ((*again)[c - 1], row[c]) << row[kText];
  }
}

TEST_F(Values, AreReadBackFromRecordedGermsAndHeads) {
  for (const auto& row : table) {
    auto germ = gc::save_germ(gc::make_pin(heap, read(row[kText])));
    ASSERT_TRUE(germ);
    auto head = gc::load_head(from_hex(row[kHead]));
    ASSERT_TRUE(head);
    ASSERT_EQ(head->size(), germ->refs.size());
    for (size_t i = 0; i < head->size(); i++) {
      EXPECT_EQ((*head)[i], **gc::pin_hash(germ->refs[i])) << row[kText];
    }
    auto value = gc::load_germ(heap, germ->refs, from_hex(row[kGerm]));
    ASSERT_TRUE(value) << row[kText] << value.error().message;
    EXPECT_EQ(base58(*gc::plan_hash(*value)), row[kHash]);
  }
}

TEST_F(Values, AreReadBackFromRecordedPods) {
  for (const auto& row : table) {
    auto pin = gc::load_pod(heap, from_hex(row[kPod]));
    ASSERT_TRUE(pin) << row[kText] << pin.error().message;
    ASSERT_TRUE(is_pin(*pin));
    EXPECT_EQ(base58(**gc::pin_hash(*pin)), row[kHash]) << row[kText];
  }
}

}  // namespace
}  // namespace plan::conformance
