// jit/request_test.cc: what is part of a request's canonical text, and what is not.
#include "jit/request.h"

#include <gtest/gtest.h>

#include <utility>

namespace plan::jit {
namespace {

using vm::Op;

constexpr Word kLawWord = 0x7000'0000'0000 | kTagFunction;
constexpr Word kBigWord = 0x7000'0000'1000 | kTagBig;

/// A request that has something in every field; `base` is where its constants are.
class Sample {
 public:
  explicit Sample(Word base = 0) {
    request_.function = kLawWord + base;
    request_.name = "sample";
    request_.blocks.resize(2);
    for (size_t k = 0; k < 2; ++k) {
      vm::TierBlock& block = request_.blocks[k];
      block.info = &infos_[k];
      block.low.parameters = 2;
      block.low.slots = 4;
      block.low.labels = 3;
      block.low.instructions.resize(3);
      fill(block.low.instructions[0], base);
      block.low.instructions[1].binds_label = 1;
      block.live = {{5, 1}, {}, {}};
      block.resumes = {&infos_[3], nullptr, nullptr};
    }
  }

  vm::TierRequest& request() { return request_; }
  vm::TierBlock& block() { return request_.blocks[1]; }
  vm::Instruction& instruction() { return block().low.instructions[0]; }
  gc::Info* other_record() { return &infos_[4]; }
  std::vector<uint8_t> text() const { return RequestWriter(request_).text(); }

 private:
  void fill(vm::Instruction& i, Word base) {
    i.op = Op::kTabSwitch;
    i.has_dst = true;
    i.dst = 3;
    i.operands = {vm::slot_operand(1), vm::constant_operand(small_nat(300)),
                  vm::constant_operand(Value{kBigWord + base})};
    i.immediate = 6;
    i.callee = &infos_[2];
    i.function = Value{kBigWord + base};
    i.label = 2;
    i.labels = {0, 1};
    i.keys = {small_nat(7), Value{kLawWord + base}};
  }

  vm::TierRequest request_;
  gc::Info infos_[5];
};

using Change = void (*)(Sample&);

TEST(RequestWriter, ATextHasNoAddresses) {
  EXPECT_EQ(Sample().text(), Sample(uint64_t{1} << 20).text());
  Sample renamed;
  renamed.request().name = "other";
  EXPECT_EQ(renamed.text(), Sample().text());
}

TEST(RequestWriter, NumbersAreInTheOrderOfTheRequest) {
  Sample sample;
  const RequestWriter writer(sample.request());
  const References& references = writer.references();
  ASSERT_EQ(references.constants.size(), 2u);
  EXPECT_EQ(references.constants[0].word, kLawWord);
  EXPECT_EQ(references.constants[1].word, kBigWord);
  EXPECT_EQ(references.records[0], sample.request().blocks[0].info);
  for (uint32_t n = 0; n < references.records.size(); ++n) {
    EXPECT_EQ(writer.number_of(references.records[n]), n);
  }
}

TEST(RequestWriter, EveryFieldIsPartOfTheText) {
  const std::vector<std::pair<const char*, Change>> changes = {
      {"op", [](Sample& s) { s.instruction().op = Op::kSwitch; }},
      {"has_dst", [](Sample& s) { s.instruction().has_dst = false; }},
      {"dst", [](Sample& s) { s.instruction().dst = 2; }},
      {"slot", [](Sample& s) { s.instruction().operands[0].slot = 2; }},
      {"operand", [](Sample& s) { s.instruction().operands.pop_back(); }},
      {"immediate nat", [](Sample& s) { s.instruction().operands[1].value = small_nat(301); }},
      {"tag", [](Sample& s) { s.instruction().operands[2].value.word ^= kTagBig ^ kTagData; }},
      {"same constant", [](Sample& s) { s.instruction().operands[2].value.word += 8; }},
      {"immediate", [](Sample& s) { s.instruction().immediate = 8; }},
      {"callee", [](Sample& s) { s.instruction().callee = s.other_record(); }},
      {"no callee", [](Sample& s) { s.instruction().callee = nullptr; }},
      {"the law as callee",
       [](Sample& s) { s.instruction().callee = s.request().blocks[0].info; }},
      {"function", [](Sample& s) { s.instruction().function = small_nat(3); }},
      {"label", [](Sample& s) { s.instruction().label = 1; }},
      {"arm", [](Sample& s) { s.instruction().labels[1] = 2; }},
      {"arms", [](Sample& s) { s.instruction().labels.push_back(2); }},
      {"key", [](Sample& s) { s.instruction().keys[0] = small_nat(8); }},
      {"binds", [](Sample& s) { s.block().low.instructions[1].binds_label = 2; }},
      {"record", [](Sample& s) { s.block().info = s.request().blocks[0].info; }},
      {"small arguments", [](Sample& s) { s.block().small_arguments = 2; }},
      {"parameters", [](Sample& s) { s.block().low.parameters = 1; }},
      {"slots", [](Sample& s) { s.block().low.slots = 5; }},
      {"labels", [](Sample& s) { s.block().low.labels = 4; }},
      {"instructions", [](Sample& s) { s.block().low.instructions.pop_back(); }},
      {"live", [](Sample& s) { s.block().live[0][0] = 4; }},
      {"resume", [](Sample& s) { s.block().resumes[0] = nullptr; }},
      {"frame", [](Sample& s) { s.block().resumes[0] = s.other_record(); }},
      {"blocks", [](Sample& s) { s.request().blocks.pop_back(); }},
      {"function word", [](Sample& s) { s.request().function = kBigWord; }},
  };
  const std::vector<uint8_t> before = Sample().text();
  for (const auto& [name, change] : changes) {
    Sample sample;
    change(sample);
    EXPECT_NE(sample.text(), before) << name;
  }
}

TEST(RequestWriter, EveryOffsetOfTheRuntimeIsPartOfItsText) {
  vm::TierRuntime runtime{};
  const std::vector<uint8_t> before = runtime_text(runtime);
  for (uint32_t vm::TierRuntime::*field :
       {&vm::TierRuntime::stack_limit, &vm::TierRuntime::hp_limit, &vm::TierRuntime::heap_hp,
        &vm::TierRuntime::stack_request, &vm::TierRuntime::info_base,
        &vm::TierRuntime::info_worker,
        &vm::TierRuntime::info_base,
        &vm::TierRuntime::apply_thunk_index, &vm::TierRuntime::selector_index}) {
    vm::TierRuntime moved = runtime;
    moved.*field = 8;
    EXPECT_NE(runtime_text(moved), before);
  }
  vm::TierRuntime other = runtime;
  other.no_result = 1;
  EXPECT_NE(runtime_text(other), before);
  runtime.order = &runtime;
  EXPECT_EQ(runtime_text(runtime), before);
  EXPECT_EQ(runtime_address(runtime, runtime_number(runtime, &runtime)),
            reinterpret_cast<Word>(&runtime));
}

}  // namespace
}  // namespace plan::jit
