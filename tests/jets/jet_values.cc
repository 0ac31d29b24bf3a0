// tests/jets/jet_values.cc: pools of values, and how they are combined.
#include "tests/jets/jet_values.h"

#include "base/check.h"
#include "gc/make.h"
#include "gc/seed.h"
#include "gc/text.h"
#include "value/order.h"

namespace plan::jets_test {
namespace {

using vm::JetId;

// Around the limits of immediates, words and limbs; the small ones more often.
constexpr const char* kNats[] = {"0",
                                 "0",
                                 "1",
                                 "1",
                                 "2",
                                 "3",
                                 "5",
                                 "7",
                                 "8",
                                 "31",
                                 "32",
                                 "33",
                                 "48",
                                 "57",
                                 "64",
                                 "97",
                                 "255",
                                 "256",
                                 "300",
                                 "65535",
                                 "2147483648",
                                 "4294967295",
                                 "4294967296",
                                 "4294967297",
                                 "4611686018427387904",
                                 "9223372036854775807",
                                 "9223372036854775808",
                                 "9223372036854775809",
                                 "18446744073709551609",
                                 "18446744073709551615",
                                 "18446744073709551616",
                                 "18446744073709551617",
                                 "340282366920938463463374607431768211456",
                                 "340282366920938463481821351505477763072",
                                 "6277101735386680763835789423207666416102355444464034512895"};

constexpr const char* kOthers[] = {"^(0 0)",
                                   "^(0 1 2)",
                                   "^(2 5)",
                                   "^(1 2 3 4)",
                                   "<0>",
                                   "<[1 2]>",
                                   "<{7 1 0}>",
                                   "<<5>>",
                                   "{7 1 0}",
                                   "{7 2 [1]}",
                                   "{1 1 5}",
                                   "{1 1 0}",
                                   "{1 2 [2 1]}",
                                   "{1 2 5}",
                                   "{0 2 0}",
                                   "{0 4 0}",
                                   "{0 18446744073709551616 0}",
                                   "^({0 4 0} 1)",
                                   "^(<{0 3 0}> 1)",
                                   "^({7 5 0} 1 2)",
                                   "[]",
                                   "[0]",
                                   "[1 2]",
                                   "[2 1]",
                                   "[[1] [2 3]]",
                                   "#",
                                   "#00",
                                   "#61",
                                   "#6100",
                                   "#ffffffffffffffffff",
                                   "%[]",
                                   "%[1]",
                                   "%[1 2]",
                                   "=[]",
                                   "=[1 2]",
                                   "=[1 2 3 4]",
                                   "^(%[1] 5)",
                                   "^(%[1 2] [5])",
                                   "[1 [2 0]]",
                                   "[1 [2 [3 7]]]",
                                   "[=[1 2] %[3] #61]"};

// Ascending.
constexpr const char* kKeys[] = {
    "0",     "1",     "2",        "3",    "5",      "97",  "18446744073709551616",
    "<0>",   "#",     "#61",      "%[1]", "^(0 1)", "[1]", "=[1 2]",
    "[2 1]", "[1 2]", "[0 [1 2]]"};

}  // namespace

Value Maker::read(std::string_view text) {
  const Result<Value> v = gc::read_value_text(heap_, text);
  PLAN_CHECK(v.has_value());
  return *const_cast<Result<Value>&>(v);
}

// Each crash has an operator of its own, so that one can tell which came first.
Value Maker::crash() {
  const Value zero = small_nat(0);
  return evaluator_.suspend(small_nat(1000 + crashes_++), {&zero, 1});
}

Value Maker::perhaps_delayed(Value v) {
  const uint64_t dice = below(100);
  if (dice < crash_percent_) return crash();
  if (dice < crash_percent_ + 20) return evaluator_.suspend(read("{7 1 1}"), {&v, 1});
  return v;
}

Value Maker::nat() {
  return pick(kNats);
}

Value Maker::any() {
  switch (below(8)) {
    case 0:
    case 1:
      return nat();
    case 2:
      return row('v', 3);
    case 3:
      return make("strblck"[below(7)]);
    default:
      return pick(kOthers);
  }
}

Value Maker::row(char shape, uint64_t size_max) {
  std::vector<Value> elements(below(size_max + 1));
  for (Value& v : elements) v = argument(shape);
  return gc::make_row(heap_, elements);
}

Value Maker::key() {
  if (below(4) != 0) return pick(kKeys);
  return row('n', 2);
}

Value Maker::ascending_keys() {
  std::vector<Value> keys;
  const uint64_t each = 1 + below(8);
  for (const char* text : kKeys) {
    if (below(8) < each && below(3) != 0) keys.push_back(read(text));
  }
  for (size_t i = 1; i < keys.size(); ++i) PLAN_CHECK(compare_normal(keys[i - 1], keys[i]) < 0);
  return gc::make_row(heap_, keys);
}

Value Maker::list() {
  Value v = below(4) == 0 ? any() : small_nat(below(2));
  for (uint64_t i = below(6); i > 0; --i) {
    const Value cell[] = {argument('v'), perhaps_delayed(v)};
    v = gc::make_row(heap_, cell);
  }
  return v;
}

Value Maker::tab() {
  const Value keys = ascending_keys();
  std::vector<Value> values(row_size(keys));
  for (Value& v : values) v = argument('v');
  return gc::make_tab(heap_, gc::make_set(heap_, keys), gc::make_row(heap_, values));
}

Value Maker::bar() {
  std::vector<uint8_t> bytes(below(3) == 0 ? below(20) : below(4));
  for (uint8_t& byte : bytes)
    byte = static_cast<uint8_t>(below(3) == 0 ? below(256) : 97 + below(3));
  return gc::make_bar(heap_, bytes);
}

Value Maker::tree(int depth) {
  switch (below(depth == 0 ? 3 : 6)) {
    case 0:
    case 1:
      return bar();
    case 2:
      return below(2) == 0 ? any() : nat();
    case 3: {
      const Value args[] = {perhaps_delayed(tree(depth - 1)), perhaps_delayed(tree(depth - 1))};
      return gc::make_partial(heap_, small_nat(0), args);
    }
    default: {
      std::vector<Value> elements(below(4));
      for (Value& v : elements) v = perhaps_delayed(tree(depth - 1));
      return gc::make_row(heap_, elements);
    }
  }
}

Value Maker::function(uint64_t arity) {
  constexpr const char* kUnary[] = {"{7 1 1}",     "{7 1 ^(2 5)}", "{7 1 ^(2 [1 2])}",  "{7 1 0}",
                                    "3",           "{7 1 ^(2 0)}", "{7 1 ^(2 ^(0 6))}", "9",
                                    "^({7 2 1} 4)"};
  constexpr const char* kBinary[] = {
      "{7 2 1}",      "{7 2 2}",      "{7 2 ^(2 5)}", "{7 2 0}",
      "^({7 3 3} 1)", "{7 2 ^(2 0)}", "{7 1 ^(2 3)}", "{7 2 ^(0 ^(2 9) 2)}"};
  constexpr const char* kTernary[] = {"{7 3 1}", "{7 3 2}", "{7 3 3}", "{7 3 ^(2 5)}",
                                      "{7 3 ^(0 ^(2 9) 3)}"};
  const uint64_t dice = below(3);
  if (arity == 1) {
    if (dice != 0) return pick(kUnary);
    constexpr JetId kJets[] = {JetId::kNot, JetId::kDec, JetId::kLen, JetId::kCdr, JetId::kForce};
    return jet(kJets[below(std::size(kJets))]);
  }
  if (arity == 2) {
    if (dice != 0) return pick(kBinary);
    constexpr JetId kJets[] = {JetId::kAdd, JetId::kSub, JetId::kEql, JetId::kSeq, JetId::kDis};
    return jet(kJets[below(std::size(kJets))]);
  }
  if (dice != 0) return pick(kTernary);
  constexpr JetId kJets[] = {JetId::kIf, JetId::kPut, JetId::kTabIns};
  return jet(kJets[below(std::size(kJets))]);
}

Value Maker::unfolder() {
  // 0 ends; m gives SOME [m m], lazily, or SOME of something else.
  constexpr const char* kTexts[] = {
      "{7 1 ^(0 ^(0 ^(0 ^(2 2) ^(2 0)) ^(2 {8 1 ^(0 ^(2 0) ^(0 ^(0 ^(2 {0 3 0}) 1) 1))})) 1)}",
      "{7 1 ^(0 ^(0 ^(0 ^(2 2) ^(2 0)) ^(2 {8 1 ^(0 ^(2 ^(0 5)) ^(0 ^(0 ^(2 {0 3 0}) 1) 1))})) 1)}",
      "{7 1 1}",
      "{7 1 ^(2 0)}",
      "{7 1 ^(2 7)}",
      "3"};
  return pick(kTexts);
}

Value Maker::seed_bar() {
  if (below(5) == 0) return bar();
  Value v = pick(kOthers);
  if (below(2) == 0) v = pick(kNats);
  const Result<gc::Bytes> bytes = gc::save_seed(v);
  PLAN_CHECK(bytes.has_value());
  return gc::make_bar(heap_, *const_cast<Result<gc::Bytes>&>(bytes));
}

Value Maker::make(char shape) {
  switch (shape) {
    case 'n':
      return below(8) == 0 ? pick(kOthers) : nat();
    case 'u':
      return below(8) == 0 ? pick(kOthers) : small_nat(below(12));
    case 'y':
      return below(6) == 0 ? pick(kOthers) : below(4) == 0 ? nat() : small_nat(below(12));
    case 'v':
      return any();
    case 'r':
      return row('v', 5);
    case 'i':
      return row('n', 5);
    case 'c': {
      std::vector<Value> bytes(below(6));
      for (Value& v : bytes)
        v = perhaps_delayed(small_nat(below(10) == 0 ? below(400) : below(256)));
      return gc::make_row(heap_, bytes);
    }
    case 'q':
      return row('r', 4);
    case 'z': {
      std::vector<Value> pairs(below(5));
      for (Value& v : pairs) {
        const Value pair[] = {argument('k'), argument('v')};
        v = perhaps_delayed(below(12) == 0 ? any() : gc::make_row(heap_, pair));
      }
      return gc::make_row(heap_, pairs);
    }
    case 'a':
      return below(4) == 0 ? row('k', 5) : ascending_keys();
    case 'l':
      return list();
    case 's':
      return gc::make_set(heap_, ascending_keys());
    case 'e':
      return row('s', 3);
    case 't':
      return tab();
    case 'k':
      return key();
    case 'b':
      return bar();
    case 'o':
      return row('b', 4);
    case 'w':
      return tree(3);
    case 'f':
      return function(1);
    case 'g':
      return function(2);
    case 'h':
      return function(3);
    case 'm':
      return unfolder();
    case 'j':
      return below(3) == 0 ? any() : small_nat(below(6));
    case 'p':
      return below(3) == 0 ? pick(kOthers) : pins_[below(pins_.size())];
    case 'd':
      return seed_bar();
    case 'x': {
      std::vector<Value> call(below(4));
      for (size_t i = 0; i < call.size(); ++i) call[i] = argument(i == 0 ? "fgv"[below(3)] : 'v');
      return gc::make_row(heap_, call);
    }
    default:
      PLAN_UNREACHABLE();
  }
}

}  // namespace plan::jets_test
