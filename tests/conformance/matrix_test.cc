// tests/conformance/matrix_test.cc: one corpus in every mode: {normal, collecting all the time,
// verifying} x {jets, laws alone}; the sanitizers come with the preset.
//
// The corpus: recorded values, with all that is known of them; expressions and what the reference
// prints for them; every assertion of our library. A law may take for ever where its jet does not,
// so without jets each case has a time limit, and it is counted how many come to an end.
// See also tests/jets: each jet against its law.
#include "base/file.h"
#include "gc/text.h"
#include "sire/execute.h"
#include "sire/library.h"
#include "sire/library_image.h"
#include "sire/plan_rex.h"
#include "sire/show.h"
#include "tests/conformance/value_facts.h"
#include "vm/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace plan::conformance {
namespace {

constexpr uint64_t kHeapBytes = uint64_t{256} << 20;
constexpr uint64_t kLawNs = 20'000'000;
constexpr uint64_t kSmallNurseryBytes = uint64_t{256} << 10;
/// Of a hundred cases so many come to an end without jets, on a slow machine, too.
constexpr uint64_t kDecidedPercentMin = 40;
constexpr uint64_t kDecidedPercentMinStress = 10;

enum class Collection : uint8_t { kNormal, kStress, kVerify };

struct Mode {
  Collection collection;
  bool jets;
};

std::string name_of(const testing::TestParamInfo<Mode>& info) {
  constexpr const char* kNames[] = {"Normal", "Stress", "Verify"};
  return std::string(kNames[static_cast<size_t>(info.param.collection)]) +
         (info.param.jets ? "WithJets" : "WithLaws");
}

std::vector<std::vector<std::string>> read_table(const char* path) {
  Result<std::vector<uint8_t>> bytes = read_file(path);
  EXPECT_TRUE(bytes.has_value()) << path;
  std::vector<std::vector<std::string>> rows;
  if (!bytes) return rows;
  for (const std::string& line : split(std::string(bytes->begin(), bytes->end()), '\n')) {
    const bool is_head = line.starts_with("# value") || line.starts_with("# expression");
    if (!line.empty() && !is_head) rows.push_back(split(line, '\t'));
  }
  return rows;
}

/// Undoes `\n` and `\\`.
std::string unescaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    result += text[i] == 'n' && i > 0 && text[i - 1] == '\\' ? '\n' : text[i];
  }
  return result;
}

class Matrix : public testing::TestWithParam<Mode> {
 protected:
  static sire::SessionOptions options() {
    sire::SessionOptions options;
    options.evaluator.heap.limit_bytes = kHeapBytes;
    options.evaluator.heap.stress = GetParam().collection == Collection::kStress;
    if (GetParam().collection == Collection::kVerify) {
      options.evaluator.heap.verify = true;
      options.evaluator.heap.nursery_bytes = kSmallNurseryBytes;
    }
    options.evaluator.jets = GetParam().jets;
    options.console.quiet = true;
    options.mismatch = sire::Mismatch::kIgnore;
    return options;
  }

  void SetUp() override { sire::restore_library(session_); }

  sire::Context& context() { return session_.context(); }

  enum class Ending : uint8_t { kDone, kFailed, kUndecided };
  /// Executes one block of Sire; what it binds is forgotten by the next restore().
  Ending execute(const rex::Rex* tree) {
    if (!GetParam().jets) session_.evaluator().set_time_limit_ns(kLawNs);
    const Value rex = sire::value_of_rex(context().rex, tree);
    const bool done = sire::execute_block(context(), rex, "matrix", 1);
    session_.evaluator().set_time_limit_ns(0);
    if (done) return Ending::kDone;
    return context().failure.is_crash() ? Ending::kFailed : Ending::kUndecided;
  }
  /// The assertions in a chain of them, one by one.
  std::vector<const rex::Rex*> assertions_of(const rex::Rex* chain) {
    std::vector<const rex::Rex*> result;
    for (; chain != nullptr && chain->is_node() && chain->rune() == "=?="; chain = chain->heir()) {
      const bool is_last = chain->sons().size() < 2;  // its second side is its heir
      result.push_back(is_last ? chain : arena_.node(rex::Style::kOpen, "=?=", chain->sons()));
    }
    return result;
  }
  void restore(const gc::Root& state) {
    context().state.adopt(state.get());
    context().nodes.values.clear();
  }

  void expect_enough(uint64_t decided, uint64_t all) {
    RecordProperty("cases", std::to_string(all));
    RecordProperty("decided", std::to_string(decided));
    printf("%lu of %lu cases came to an end\n", decided, all);
    const bool stress = GetParam().collection == Collection::kStress;
    const uint64_t by_law = stress ? kDecidedPercentMinStress : kDecidedPercentMin;
    EXPECT_GE(decided * 100, all * (GetParam().jets ? 100 : by_law));
  }

  sire::Session session_{options()};
  rex::Arena arena_;
};

TEST_P(Matrix, ValuesKeepTheirRecordedFacts) {
  const auto rows = read_table(PLAN_CONFORMANCE_DATA "/vectors.tsv");
  EXPECT_EQ(rows.size(), 145u);
  gc::Heap& heap = context().heap;
  // The identity, which has to be called to give the value.
  const Value identity = *gc::read_value_text(heap, "{'id' 1 1}");
  const gc::Root id(heap, identity);
  gc::RootList values(heap);
  for (const auto& row : rows) {
    Result<Value> value = gc::read_value_text(heap, row[0]);
    ASSERT_TRUE(value.has_value()) << row[0];
    values.values.push_back(*value);
  }
  for (int round = 0; round < 3; ++round) {  // nursery, survivors, old generation
    for (size_t i = 0; i < rows.size(); ++i) {
      const Value args[] = {session_.evaluator().suspend(id.get(), {&values.values[i], 1})};
      const vm::Outcome outcome = session_.evaluator().apply_normal(id.get(), args);
      ASSERT_TRUE(outcome.ok()) << rows[i][0];
      values.values[i] = outcome.value;
    }
    Value none;
    session_.evaluator().machine().collector.collect(none);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    Result<std::vector<std::string>> facts = value_facts(heap, values.values[i]);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    for (size_t c = 1; c < rows[i].size(); ++c)
      EXPECT_EQ((*facts)[c - 1], rows[i][c]) << rows[i][0];
  }
}

TEST_P(Matrix, ExpressionsHaveTheRecordedValues) {
  const auto rows = read_table(PLAN_CONFORMANCE_DATA "/expressions.tsv");
  EXPECT_GT(rows.size(), 200u);
  const gc::Root before(context().heap, context().state.row());
  uint64_t decided = 0;
  for (const auto& row : rows) {
    const std::vector<rex::Block> blocks = rex::read_text("= it_ " + unescaped(row[0]) + "\n");
    ASSERT_EQ(blocks.size(), 1u) << row[0];
    ASSERT_NE(blocks[0].tree, nullptr) << row[0];
    const Ending ending = execute(blocks[0].tree);
    if (ending != Ending::kUndecided) {
      decided++;
      EXPECT_EQ(ending, Ending::kDone) << row[0] << ": " << context().first_reason;
    }
    if (ending == Ending::kDone) {
      EXPECT_EQ(sire::print_value_shallow(*session_.find("it_")), unescaped(row[1])) << row[0];
    }
    restore(before);
  }
  expect_enough(decided, rows.size());
}

TEST_P(Matrix, AssertionsOfTheLibraryHold) {
  const gc::Root before(context().heap, context().state.row());
  uint64_t decided = 0;
  uint64_t all = 0;
  for (const sire::LibraryModule& module : sire::library_modules()) {
    for (const rex::Block& block : rex::read_text(module.text)) {
      ASSERT_NE(block.tree, nullptr) << module.name;
      for (const rex::Rex* link : assertions_of(block.tree)) {
        all++;
        const Ending ending = execute(link);
        if (ending != Ending::kUndecided) decided++;
        EXPECT_NE(ending, Ending::kFailed)
            << module.name << ":" << block.first_line << ": " << context().first_reason;
        restore(before);
      }
    }
  }
  EXPECT_GT(all, 500u);
  expect_enough(decided, all);
}

constexpr Mode kModes[] = {{Collection::kNormal, true}, {Collection::kNormal, false},
                           {Collection::kStress, true}, {Collection::kStress, false},
                           {Collection::kVerify, true}, {Collection::kVerify, false}};
INSTANTIATE_TEST_SUITE_P(Modes, Matrix, testing::ValuesIn(kModes), name_of);

}  // namespace
}  // namespace plan::conformance
