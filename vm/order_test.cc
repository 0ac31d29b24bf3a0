// vm/order_test.cc: the order of values, against worked examples and against the _Cmp law's own
// recursion written out over car and cdr. (Here because value/ cannot build values.)
#include "value/order.h"

#include "gc/hash.h"
#include "gc/text.h"
#include "vm/jets_leaf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace plan::vm {
namespace {

class Order : public testing::Test {
 protected:
  gc::Heap heap{gc::Config{}};

  Value read(std::string_view text) {
    auto v = gc::read_value_text(heap, text);
    EXPECT_TRUE(v.has_value()) << text;
    return v.has_value() ? *v : Value{};
  }

  void expect_less(std::string_view a, std::string_view b) {
    const Value x = read(a);
    const Value y = read(b);
    EXPECT_EQ(compare_normal(x, y), -1) << a << " < " << b;
    EXPECT_EQ(compare_normal(y, x), 1) << b << " > " << a;
    EXPECT_EQ(compare_normal(x, x), 0) << a;
    EXPECT_FALSE(equal_normal(x, y));
  }
  void expect_equal(std::string_view a, std::string_view b) {
    EXPECT_EQ(compare_normal(read(a), read(b)), 0) << a << " = " << b;
    EXPECT_TRUE(equal_normal(read(a), read(b))) << a << " = " << b;
  }
};

TEST_F(Order, PutsNatsFirstBySize) {
  expect_less("5", "6");
  expect_less("9223372036854775807", "9223372036854775808");
  expect_less("18446744073709551615", "18446744073709551616");
  expect_less("340282366920938463463374607431768211456", "340282366920938463481821351505477763072");
  expect_less("5", "<0>");
  expect_less("340282366920938463463374607431768211456", "#");
}

TEST_F(Order, PutsPinsNextByItem) {
  expect_less("<0>", "#");
  expect_less("<6>", "<[1]>");
  expect_equal("<[1 2]>", "<[1 2]>");
  expect_less("<<5>>", "<<6>>");
  expect_less("<{7 1 0}>", "[]");
}

TEST_F(Order, ComparesBarsByLengthThenFromTheLastByte) {
  expect_less("#61", "#6161");
  expect_less("#6261", "#6162");
  expect_less("{1 1 5}", "#61");
  expect_less("#61", "{1 1 1024}");
  expect_less("{1 1 0}", "#");
  expect_less("#61", "{1 1 <0>}");
  expect_less("#6162636465666768", "#0000000000000069");
  expect_equal("#616263646566676869", "#616263646566676869");
}

TEST_F(Order, ComparesLawsByNameArityBody) {
  expect_less("[]", "%[]");
  expect_less("[]", "#");
  expect_less("#", "%[]");
  expect_less("[]", "{0 1 5}");
  expect_less("(0 1 0)", "(0 1 1)");
  expect_less("{0 3 0}", "{0 4 0}");
  expect_less("{0 3 0}", "{0 3 1}");
  expect_less("{0 9223372036854775808 0}", "{0 9223372036854775809 0}");
  expect_less("{0 9223372036854775808 0}", "{0 9223372036854775808 1}");
  expect_less("{0 18446744073709551616 0}", "{0 18446744073709551616 1}");
  expect_less("{0 3 0}", "{0 9223372036854775808 1}");
  expect_less("{1 2 [2 1]}", "%[1 2]");
  expect_less("%[5]", "%[1 2]");
  expect_less("%[9 10]", "%[1 11]");
  expect_less("{7 1 5}", "{7 2 0}");
  expect_less("{6 9 9}", "{7 1 0}");
}

TEST_F(Order, ComparesApplicationsByWidthFirst) {
  expect_less("^(0 1)", "[5]");
  expect_less("^(0 1)", "=[]");
  expect_less("[5]", "=[]");
  expect_less("[5]", "=[1 2]");
  expect_less("=[1 2]", "[5 6]");
  expect_less("{9 1 9}", "^(0 1)");
  expect_less("^(0 9)", "^(0 1 1)");
}

TEST_F(Order, ComparesArgumentsInApplicationOrder) {
  expect_less("[2 1]", "[1 2]");
  expect_less("[9 1]", "[1 2]");
  expect_less("^(0 1 9)", "^(0 2 1)");
  expect_less("=[1 9]", "=[2 0]");
  expect_less("=[1 8]", "=[1 9]");
  expect_less("=[1 2 3 4]", "=[1 1 3 5]");
  expect_less("^(0 9 9)", "^(2 1 1)");
  expect_less("^(0 1)", "^({7 2 0} 0)");
  expect_less("^({0 4 0} 9 9)", "^({0 5 0} 1 1)");
  expect_less("[1 2]", "^({0 5 0} 1 1)");
  expect_less("^(<0> 1 1)", "[1 2]");
  expect_less("[1 2]", "^({0 3 1} 1 1)");
  expect_less("[1 2]", "^({1 3 0} 1 1)");
}

TEST_F(Order, GoesDeepWithoutRecursion) {
  constexpr int kDepth = 300000;
  Value lists[2];
  for (int which = 0; which < 2; ++which) {
    Value v = small_nat(static_cast<uint64_t>(which));
    for (int i = 0; i < kDepth; ++i) v = make_pair(heap, small_nat(1), v);
    for (int i = 0; i < kDepth; ++i) v = make_pair(heap, v, small_nat(1));
    lists[which] = v;
  }
  EXPECT_EQ(compare_normal(lists[0], lists[1]), -1);
  EXPECT_TRUE(equal_normal(lists[1], lists[1]));
}

/// Rows of two, each made of rows before it: as many parts as nodes, but exponentially many ways to
/// them. `links` has two numbers for each row; numbers below kLeaves are nats.
class SharedRows : public Order {
 protected:
  static constexpr size_t kLeaves = 2;
  static constexpr size_t kRows = 60;
  using Links = std::vector<std::array<size_t, 2>>;

  Links random_links() {
    Links links(kRows);
    for (size_t i = 0; i < kRows; ++i) {
      // Mostly the two before: trees of Fibonacci numbers of leaves.
      for (size_t& link : links[i]) {
        link =
            i + kLeaves - 1 -
            std::min<size_t>(random_() % 8 == 0 ? random_() % 9 : random_() % 2, i + kLeaves - 1);
      }
    }
    return links;
  }
  Value build(const Links& links) {
    std::vector<Value> nodes{small_nat(0), small_nat(1)};
    for (const auto& [left, right] : links) {
      nodes.push_back(gc::make_row(heap, std::array{nodes[left], nodes[right]}));
    }
    return nodes.back();
  }
  /// The order of node `i` of one and node `j` of the other, each pair looked at once.
  int order(const Links& a, size_t i, const Links& b, size_t j) {
    if (i < kLeaves || j < kLeaves) return i < j ? -1 : (i > j ? 1 : 0);  // nats are least
    const auto known = orders_.find({i, j});
    if (known != orders_.end()) return known->second;
    int result = order(a, a[i - kLeaves][1], b, b[j - kLeaves][1]);
    if (result == 0) result = order(a, a[i - kLeaves][0], b, b[j - kLeaves][0]);
    orders_[{i, j}] = result;
    return result;
  }

  std::mt19937_64 random_{1};
  std::map<std::pair<size_t, size_t>, int> orders_;
};

TEST_F(SharedRows, AreComparedInTheTimeOfTheirParts) {
  int counts[3] = {0, 0, 0};
  for (int round = 0; round < 300; ++round) {
    const Links a = random_links();
    Links b = a;
    const uint64_t changes = random_() % 3;
    for (uint64_t i = 0; i < changes; ++i) {
      b[random_() % kRows / (1 + random_() % 8)][random_() % 2] = random_() % kLeaves;
    }
    orders_.clear();
    const size_t top = kRows + kLeaves - 1;
    const int expected = order(a, top, b, top);
    counts[expected + 1]++;
    EXPECT_EQ(compare_normal(build(a), build(b)), expected) << "round " << round;
    EXPECT_EQ(equal_normal(build(a), build(b)), expected == 0) << "round " << round;
  }
  for (const int count : counts) EXPECT_GT(count, 5);
}

TEST_F(Order, TrustsKnownHashesOfPins) {
  const Value a = read("<[1 2 3]>");
  const Value b = read("<[1 2 3]>");
  const Value other = read("<[1 2 4]>");
  EXPECT_EQ(match_pin_hashes(a, b), PinMatch::kUnknown);
  for (const Value pin : {a, b, other}) ASSERT_TRUE(gc::pin_hash(pin).has_value());
  EXPECT_EQ(match_pin_hashes(a, b), PinMatch::kSame);
  EXPECT_EQ(match_pin_hashes(a, other), PinMatch::kDifferent);
  EXPECT_TRUE(equal_normal(a, b, match_pin_hashes));
  EXPECT_FALSE(equal_normal(a, other, match_pin_hashes));
  EXPECT_EQ(compare_normal(a, other, match_pin_hashes), compare_normal(a, other));
}

// --- Laziness.

Value make_thunk(gc::Heap& heap) {
  Object* o = heap.allocate(thunk_header(Kind::kThunk, 1, 0), 1);
  o->init(0, small_nat(0));
  return tagged(o, kTagThunk);
}

TEST_F(Order, IsDecidedWithoutThunksThatDoNotMatter) {
  const Value thunk = make_thunk(heap);
  const auto order = [&](Value a, Value b) {
    const LazyComparison c = compare_lazy(a, b, 100);
    EXPECT_EQ(c.status, LazyComparison::kDecided);
    return c.order;
  };
  EXPECT_EQ(order(make_pair(heap, thunk, small_nat(1)), read("[5 2]")), -1);  // last one first
  EXPECT_EQ(order(make_pair(heap, thunk, thunk), read("[5]")), 1);            // width first
  const Value one[] = {thunk};
  EXPECT_EQ(order(gc::make_partial(heap, small_nat(2), one), read("^(0 5)")), 1);  // head first
}

TEST_F(Order, NamesTheThunkTheLawWouldEvaluate) {
  const Value x = make_thunk(heap);
  const Value y = make_thunk(heap);
  const auto blocker = [&](Value a, Value b) {
    const LazyComparison c = compare_lazy(a, b, 100);
    EXPECT_EQ(c.status, LazyComparison::kBlocked);
    return c.thunk;
  };
  EXPECT_EQ(blocker(x, y), x);
  EXPECT_EQ(blocker(small_nat(3), y), y);
  EXPECT_EQ(blocker(make_pair(heap, x, y), read("[1 2]")), y);
  EXPECT_EQ(blocker(make_pair(heap, x, small_nat(2)), read("[1 2]")), x);
  EXPECT_EQ(blocker(make_pair(heap, x, x), make_pair(heap, x, x)), x);
}

TEST_F(Order, GivesUpOnCycles) {
  Value rows[2];
  for (Value& row : rows) {
    row = gc::make_row_zero(heap, 1);
    gc::set_row_element(row, 0, row);
  }
  EXPECT_EQ(compare_lazy(rows[0], rows[1], 100).status, LazyComparison::kGaveUp);
  EXPECT_EQ(compare_lazy(rows[0], rows[0], 100).status, LazyComparison::kGaveUp);
}

// --- The law, as spec/jets.md section 3.4 writes it.

int law_compare(gc::Heap& heap, Value x, Value y) {
  const auto rank = [](Value v) {
    if (v.is_nat()) return 0;
    if (is_pin(v)) return 1;
    return is_app(v) ? 3 : 2;
  };
  if (rank(x) != rank(y)) return rank(x) < rank(y) ? -1 : 1;
  switch (rank(x)) {
    case 0: {
      if (x == y) return 0;
      const Value difference = nat_sub(heap, x, y);
      if (is_true(difference)) return 1;
      return is_true(nat_sub(heap, y, x)) ? -1 : 0;
    }
    case 1:
      return law_compare(heap, pin_item(x), pin_item(y));
    case 2: {
      // car is the closure (0 name arity).
      const Value a = car_of(heap, x);
      const Value b = car_of(heap, y);
      for (uint64_t i = 0; i < 2; ++i) {
        const int order = law_compare(heap, closure_arg(a, i), closure_arg(b, i));
        if (order != 0) return order;
      }
      return law_compare(heap, cdr_of(heap, x), cdr_of(heap, y));
    }
    default: {
      const int order = law_compare(heap, car_of(heap, x), car_of(heap, y));
      return order != 0 ? order : law_compare(heap, cdr_of(heap, x), cdr_of(heap, y));
    }
  }
}

/// Small values, many of them nearly equal.
Value random_value(gc::Heap& heap, std::mt19937_64& random, int depth) {
  const auto part = [&] { return random_value(heap, random, depth - 1); };
  switch (random() % (depth == 0 ? 4 : 11)) {
    case 0:
    case 1:
      return small_nat(random() % 3);
    case 2: {
      const uint64_t limbs[] = {random() % 2, random() % 3};
      return gc::make_nat(heap, limbs);
    }
    case 3: {
      const uint8_t bytes[] = {static_cast<uint8_t>(random() % 2), 1};
      return gc::make_bar(heap, std::span(bytes, random() % 3));
    }
    case 4:
      return gc::make_pin(heap, part());
    case 5:
      return gc::make_law(heap, small_nat(random() % 3), small_nat(1 + random() % 3), part());
    case 6:
      return gc::make_cow(heap, small_nat(random() % 3));
    case 7:
    case 8: {
      std::vector<Value> elements(random() % 3);
      for (Value& v : elements) v = part();
      return gc::make_row(heap, elements);
    }
    case 9: {
      const Value keys[] = {small_nat(random() % 2), small_nat(2 + random() % 2)};
      const Value set = gc::make_set(heap, gc::make_row(heap, keys));
      if (random() % 2 == 0) return set;
      const Value args[] = {random() % 2 == 0 ? make_pair(heap, part(), part()) : part()};
      return gc::make_partial(heap, set, args);
    }
    default: {
      const Value heads[] = {small_nat(0), small_nat(1), gc::make_cow(heap, small_nat(3))};
      std::vector<Value> args(1 + random() % 2);
      for (Value& v : args) v = part();
      return gc::make_partial(heap, heads[random() % 3], args);
    }
  }
}

TEST_F(Order, AgreesWithTheLawOnRandomValues) {
  const char* text = std::getenv("PLAN_SEED");
  const uint64_t seed = text == nullptr ? 12345 : std::strtoull(text, nullptr, 10);
  std::mt19937_64 random(seed);
  std::vector<Value> values;
  for (int i = 0; i < 150; ++i) values.push_back(random_value(heap, random, 3));
  int equal = 0;
  for (const Value a : values) {
    for (const Value b : values) {
      const int expected = law_compare(heap, a, b);
      ASSERT_EQ(compare_normal(a, b), expected) << "seed " << seed;
      ASSERT_EQ(compare_lazy(a, b, 1000).order, expected);
      ASSERT_EQ(equal_normal(a, b), expected == 0);
      if (expected == 0) ++equal;
    }
  }
  EXPECT_GT(equal, 150);  // more than each with itself
}

}  // namespace
}  // namespace plan::vm
