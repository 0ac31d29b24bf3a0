// sire/tab_test.cc: tabs against std::map, with keys in words and beyond.
#include "sire/tab.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "gc/make.h"

namespace plan::sire {
namespace {

using Model = std::map<std::string, uint64_t>;

class Tab : public testing::Test {
 protected:
  Value make(const Model& model) {
    const Value none = gc::make_row(heap_, {});
    Value tab = gc::make_tab(heap_, gc::make_set(heap_, none), none);
    for (const auto& [key, value] : model) {
      tab = tab_insert(heap_, tab, gc::make_cord(heap_, key), small_nat(value));
    }
    return tab;
  }
  /// `count` of 200 names, half of them too long for a word.
  Model random_model(size_t count, uint64_t first_value) {
    Model model;
    for (size_t i = 0; i < count; ++i) {
      std::string name = "n" + std::to_string(random_() % 200);
      if (name.size() % 2 == 0) name += "_long_name";
      model[name] = first_value + i;
    }
    return model;
  }
  void expect_same(Value tab, const Model& model) {
    ASSERT_EQ(tab_size(tab), model.size());
    for (uint64_t i = 1; i < tab_size(tab); ++i) {
      EXPECT_LT(compare_keys(tab_key(tab, i - 1), tab_key(tab, i)), 0);
    }
    for (const auto& [key, value] : model) {
      const auto at = tab_find(tab, gc::make_cord(heap_, key));
      ASSERT_TRUE(at.has_value()) << key;
      EXPECT_EQ(tab_value(tab, *at), small_nat(value)) << key;
    }
  }

  gc::Heap heap_{gc::Config{}};
  std::mt19937_64 random_{1};
};

TEST_F(Tab, AUnionHasAllKeysInOrderAndTheFirstTabsValues) {
  for (const uint64_t first : {0U, 1U, 2U, 7U, 30U, 150U}) {
    for (const uint64_t second : {0U, 1U, 3U, 8U, 64U, 300U}) {
      const Model a = random_model(first, 1000);
      const Model b = random_model(second, 5000);
      Model both = a;
      both.insert(b.begin(), b.end());
      expect_same(tab_union(heap_, make(a), make(b)), both);
    }
  }
}

TEST_F(Tab, AUnionOfTabsThatDoNotInterleaveIsOneAfterTheOther) {
  Model low;
  Model high;
  for (uint64_t i = 0; i < 40; ++i) {
    low[std::to_string(10 + i) + "a"] = i;  // of a name as a nat the last letter weighs most
    high[std::to_string(10 + i) + "b"] = i;
  }
  Model both = low;
  both.insert(high.begin(), high.end());
  expect_same(tab_union(heap_, make(low), make(high)), both);
  expect_same(tab_union(heap_, make(high), make(low)), both);
}

}  // namespace
}  // namespace plan::sire
