// jit/tier_test.h: what tests of the tiers share: an evaluator with a tier, values read from text,
// and laws that every tier has to end.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include "gc/text.h"
#include "jit/native_tier.h"
#include "vm/eval.h"
#include "vm/machine.h"

namespace plan::jit {

/// Applied to anything, calls itself for ever in constant space.
inline constexpr const char* kSpin = "{'spin' 1 (0 0 1)}";
/// Each call waits for the next, on the stack.
inline constexpr const char* kGrow = "{'grow' 1 (0 3 (0 0 1))}";
/// {'count' n}: the nat n from n down to 0 by the case of nats: 2 (zero) (successor) n.
inline constexpr const char* kCount =
    "{'count' 1 (0 (0 (0 (2 2) (2 0)) (0 {'up' 2 (0 3 (0 1 2))} 0)) 1)}";

class TierTest : public testing::Test {
 protected:
  void make(const vm::Options& o, const NativeOptions& native) {
    evaluator_ = std::make_unique<vm::Evaluator>(o);
    attach_native_tier(*evaluator_, native);
  }

  Value read(const std::string& text) {
    auto value = gc::read_value_text(evaluator_->heap(), text);
    EXPECT_TRUE(value.has_value()) << text;
    return value.has_value() ? *value : Value{};
  }
  vm::Outcome apply(const std::string& fn, std::initializer_list<Value> args) {
    return evaluator_->apply_normal(read(fn), std::span(args.begin(), args.size()));
  }
  vm::Machine& machine() { return evaluator_->machine(); }
  const vm::TierStatistics& statistics() { return machine().tier_statistics; }

  std::unique_ptr<vm::Evaluator> evaluator_;
};

}  // namespace plan::jit
