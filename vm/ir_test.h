// vm/ir_test.h: laws as IR text in tests of passes.
//
// Every jet is there as @name. Its pin holds no real law, so programs that a jet leaves to its law
// are no use here; but the optimiser and the evaluator take it for the jet.
#pragma once

#include "gc/make.h"
#include "gc/region.h"
#include "gc/text.h"
#include "vm/eval.h"
#include "vm/ir_text.h"
#include "vm/jets.h"
#include "vm/machine.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plan::vm {

class IrTest : public testing::Test {
 protected:
  explicit IrTest(const Options& options = Options{})
      : evaluator_(options), heap_(evaluator_.heap()) {
    for (size_t i = 0; i < jet_table().size(); ++i) {
      const JetRow& jet = jet_table()[i];
      const Value law = gc::make_law(heap_, gc::make_cord(heap_, jet.name), small_nat(jet.arity),
                                     quoted(small_nat(0)));
      const Value pin = evaluator_.pin(law);
      gc::pin_region(pin)->jet = static_cast<int16_t>(i);
      names_.define(jet.name, pin);
    }
  }

  Machine& machine() { return evaluator_.machine(); }

  /// A constant, as gc/text.h has it; it does not move if it is a law or a pin.
  Value value(std::string_view text) {
    Result<Value> v = gc::read_value_text(heap_, text);
    EXPECT_TRUE(v.has_value()) << text;
    return v.has_value() ? *v : Value{};
  }

  Law read(std::string_view text) {
    Result<Law> law = read_law(heap_, text, names_);
    EXPECT_TRUE(law.has_value()) << text << "\n" << law.error().message;
    return law.has_value() ? std::move(*law) : Law{};
  }

  std::string print(const Law& law) { return print_law(law, names_); }

  /// Makes a law of that name: @name is its pin, @~name the law itself. `text` is IR, and its
  /// constants must not move.
  Value define(std::string_view name, std::string_view text) {
    const Value law = encode(name, read(text));
    const Value pin = evaluator_.pin(law);
    names_.define(std::string(name), pin);
    names_.define("~" + std::string(name), law);
    return pin;
  }

  /// The text after the passes, and the law if `function` is not given as its own function.
  std::string optimised(std::string_view text, PassSet passes) {
    Law law = read(text);
    return optimised_as(text, passes, encode("test", law));
  }
  std::string optimised_as(std::string_view text, PassSet passes, Value function) {
    Law law = read(text);
    optimise_law(machine(), law, function, passes);
    return print(law);
  }
  std::string optimised(std::string_view text, Pass pass) {
    PassSet passes = PassSet::none();
    passes.add(pass);
    return optimised(text, passes);
  }
  /// The law after the pass, as a function of its own.
  Law law_after(Pass pass, std::string_view text) {
    PassSet passes = PassSet::none();
    passes.add(pass);
    Law law = read(text);
    callers_.push_back(std::make_unique<gc::Root>(heap_, encode("caller", law)));
    optimise_law(machine(), law, callers_.back()->get(), passes);
    return law;
  }
  /// The body calls a law that a pass has made, and it reads `copy`. That law.
  Value expect_copy(const Law& law, std::string_view copy) {
    const bool calls_law = law.body->kind == Expr::Kind::kApply && is_law(law.body->head->value);
    EXPECT_TRUE(calls_law) << print(law);
    if (!calls_law) return {};
    Law inside;
    decode_law(law.body->head->value, inside);
    EXPECT_EQ(print(inside), plain(copy)) << print(law);
    return law.body->head->value;
  }
  /// The same text in the form in which optimised() prints it.
  std::string plain(std::string_view text) { return print(read(text)); }

  /// A law value that decodes to `law`, which has no undecoded parts.
  Value encode(std::string_view name, const Law& law) {
    Value body = encode_expr(law.body);
    for (size_t i = law.lets.size(); i-- > 0;) {
      body = closure(1, {encode_expr(law.lets[i]), body});
    }
    return gc::make_law(heap_, gc::make_cord(heap_, name), small_nat(law.args), body);
  }

  Evaluator evaluator_;
  gc::Heap& heap_;
  ConstantNames names_;

 private:
  Value closure(uint64_t op, const std::vector<Value>& args) {
    return gc::make_partial(heap_, small_nat(op), args);
  }
  Value quoted(Value v) { return closure(2, {v}); }

  Value encode_expr(const Expr* e) {
    if (e->kind == Expr::Kind::kVariable) return small_nat(e->variable);
    if (e->kind == Expr::Kind::kConstant) return quoted(e->value);
    EXPECT_EQ(e->kind, Expr::Kind::kApply);
    Value v = encode_expr(e->head);
    for (const Expr* a : e->args) v = closure(0, {v, encode_expr(a)});
    return v;
  }

  std::vector<std::unique_ptr<gc::Root>> callers_;
};

}  // namespace plan::vm
