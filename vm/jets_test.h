// vm/jets_test.h: calls leaf jets without an evaluator. For the vm/jets_*_test.cc files.
//
// Delayed values are fakes that know what they evaluate to, or that they crash; the log says which
// were evaluated, in order. A test that lets a jet apply functions supplies `on_apply`.
#pragma once

#include "gc/make.h"
#include "gc/text.h"
#include "value/order.h"
#include "vm/jets.h"
#include "vm/jets_leaf.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace plan::vm {

class JetTest : public testing::Test {
 protected:
  struct Run {
    JetStatus status = JetStatus::kDone;
    bool crashed = false;  ///< a fake crashed; `log` ends with it
    Value value;           ///< of kDone and kTail: in WHNF
    std::string log;
  };

  gc::Heap heap{gc::Config{}};
  Value (*on_apply)(JetTest& test, Value fn, std::span<const Value> args) = nullptr;
  const std::atomic<bool>* interrupt = nullptr;

  Value read(std::string_view text) {
    auto v = gc::read_value_text(heap, text);
    EXPECT_TRUE(v.has_value()) << text;
    return v.has_value() ? *v : Value{};
  }

  Value lazy(char label, Value result) { return make_fake({label, false, result}); }
  Value lazy(char label, std::string_view text) { return lazy(label, read(text)); }
  Value crashing(char label) { return make_fake({label, true, Value{}}); }
  Value row(std::vector<Value> elements) { return gc::make_row(heap, elements); }

  Run run(std::string_view jet, std::vector<Value> args) {
    const auto id = find_jet_name(jet);
    EXPECT_TRUE(id.has_value()) << jet;
    EXPECT_EQ(jet_row(*id).arity, args.size()) << jet;
    JetCall call{
        .heap = heap, .args = args.data(), .needed = {}, .crash_value = {}, .function = {}};
    call.interrupt = interrupt;
    Run run;
    for (;;) {
      for (Value& v : args) v = deref(v);
      const JetResult result = jet_row(*id).leaf(call);
      run.status = result.status;
      switch (result.status) {
        case JetStatus::kDone:
          EXPECT_TRUE(result.value.is_whnf()) << jet;
          run.value = result.value;
          return run;
        case JetStatus::kTail:
          run.value = evaluate(run, result.value);
          return run;
        case JetStatus::kNeed:
          call.needed = evaluate(run, result.value);
          break;
        case JetStatus::kNeedNormal:
          call.needed = normalise(run, result.value);
          break;
        case JetStatus::kTailApply:
          run.value = evaluate(run, on_apply(*this, evaluate(run, result.value),
                                             {call.apply_args, call.apply_count}));
          return run;
        case JetStatus::kNeedApply:
          call.needed = evaluate(run, on_apply(*this, evaluate(run, result.value),
                                               {call.apply_args, call.apply_count}));
          break;
        default:
          return run;
      }
      if (run.crashed) return run;
    }
  }

  Value evaluate(Run& run, Value v) {
    for (v = deref(v); v.is_thunk() && !run.crashed; v = deref(v)) {
      Object* o = v.object();
      const auto fake = fakes_.find(o);
      Value result;
      if (fake == fakes_.end()) {  // made by suspend_apply: function, then arguments
        const auto* words = reinterpret_cast<const Value*>(o->payload);
        result = on_apply(*this, evaluate(run, words[0]), {words + 1, o->thunk_words() - 1});
      } else {
        run.log += fake->second.label;
        run.crashed = fake->second.crashes;
        result = fake->second.result;
      }
      if (run.crashed) return v;
      o->header = thunk_header(Kind::kIndirection, o->thunk_words(), 0);
      o->init(0, result);
    }
    return v;
  }

  Value normalise(Run& run, Value v) {
    v = evaluate(run, v);
    for (uint64_t i = is_app(v) ? app_size(v) : 0; i-- > 0 && !run.crashed;) {
      normalise(run, app_argument(v, is_row(v) ? app_size(v) - 1 - i : i));
    }
    return v;
  }

  void expect_value(const Run& run, std::string_view expected, const std::string& what) {
    ASSERT_TRUE(run.status == JetStatus::kDone || run.status == JetStatus::kTail ||
                run.status == JetStatus::kTailApply)
        << what;
    ASSERT_FALSE(run.crashed) << what;
    Run forcing;
    normalise(forcing, run.value);
    ASSERT_FALSE(forcing.crashed) << what;
    EXPECT_TRUE(equal_normal(run.value, read(expected))) << what << " should be " << expected;
  }

  struct Case {
    const char* jet;
    std::vector<const char*> args;
    const char* expected;
  };
  /// Values in, value out.
  void expect_cases(const std::vector<Case>& cases) {
    for (const Case& test : cases) {
      std::vector<Value> args;
      std::string what = test.jet;
      for (const char* arg : test.args) {
        args.push_back(read(arg));
        what += std::string(" ") + arg;
      }
      expect_value(run(test.jet, args), test.expected, what);
    }
  }
  /// Which of the arguments a, b, c (in this order) are evaluated, and in which order.
  void expect_order(const char* jet, std::vector<const char*> args, std::string_view order) {
    std::vector<Value> lazies;
    for (const char* arg : args)
      lazies.push_back(lazy(static_cast<char>('a' + lazies.size()), arg));
    EXPECT_EQ(run(jet, lazies).log, order) << jet;
  }
  void expect_declined(const char* jet, std::vector<const char*> args,
                       JetStatus status = JetStatus::kDecline) {
    std::vector<Value> values;
    for (const char* arg : args) values.push_back(read(arg));
    EXPECT_EQ(run(jet, values).status, status) << jet;
  }
  /// As expect_declined, for those that nobody is told of.
  void expect_left_to_law(const char* jet, std::vector<const char*> args) {
    expect_declined(jet, std::move(args), JetStatus::kRunLaw);
  }

 private:
  struct Fake {
    char label;
    bool crashes;
    Value result;
  };
  Value make_fake(Fake fake) {
    Object* o = heap.allocate(thunk_header(Kind::kThunk, 1, 0), 1);
    o->init(0, small_nat(0));
    fakes_.emplace(o, fake);
    return tagged(o, kTagThunk);
  }

  std::map<const Object*, Fake> fakes_;
};

}  // namespace plan::vm
