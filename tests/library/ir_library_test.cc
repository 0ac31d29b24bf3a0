// tests/library/ir_library_test.cc: the IR of every law of a Sire library, there and back.
//
// The library is the one inside, or the one in the directory PLAN_SIRE_LIBRARY.
#include "gc/parts.h"
#include "gc/word_map.h"
#include "sire/console.h"
#include "sire/context.h"
#include "sire/loader.h"
#include "vm/ir_text.h"
#include "vm/machine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace plan::vm {
namespace {

constexpr size_t kLawsMin = 500;  ///< that the library must have

class IrOfLibrary : public testing::Test {
 protected:
  IrOfLibrary() : evaluator_(Options{}) {}

  void SetUp() override {
    const char* directory = std::getenv("PLAN_SIRE_LIBRARY");
    if (directory != nullptr) std::filesystem::current_path(directory);
    sire::Console console({.descriptor = 2, .quiet = true}, evaluator_.heap());
    sire::Context context(evaluator_, console);
    sire::Loader loader(context);
    const sire::LoadResult loaded = loader.load("prelude");
    ASSERT_EQ(loaded.status, sire::LoadStatus::kLoaded) << loaded.message;
    find_functions(context.state.row());
    ASSERT_GE(functions_.size(), kLawsMin);
  }

  /// Laws, each as the pin directly around it if there is one.
  void find_functions(Value root) {
    gc::WordMap seen;
    std::vector<Value> pending{root};
    while (!pending.empty()) {
      const Value v = deref(pending.back());
      pending.pop_back();
      if (!v.is_pointer() || v.is_thunk() || v.is_big() || !seen.add(v.word)) continue;
      if (is_pin(v)) {
        pending.push_back(pin_item(v));
        if (is_law(pin_item(v))) functions_.push_back(v);
      } else if (gc::has_parts(v)) {
        if (is_law(v)) functions_.push_back(v);
        const gc::Parts parts = gc::parts_of(v);
        for (uint64_t i = 0; i < parts.count(); ++i) pending.push_back(parts.at(i));
      }
    }
  }

  /// Reads what `law` prints; it must be the same law.
  void expect_round_trip(const Law& law) {
    const std::string text = print_law(law, names_);
    Result<Law> again = read_law(evaluator_.heap(), text, names_);
    ASSERT_TRUE(again.has_value()) << text << again.error().message;
    EXPECT_EQ(print_law(*again, names_), text);
    EXPECT_EQ(again->args, law.args) << text;
    EXPECT_EQ(again->slots, law.slots) << text;
    EXPECT_EQ(again->group, law.group) << text;
    EXPECT_EQ(again->groups, law.groups) << text;
    EXPECT_EQ(again->order, law.order) << text;
    EXPECT_EQ(again->body->size, law.body->size) << text;
  }

  Evaluator evaluator_;
  ConstantNames names_;
  std::vector<Value> functions_;
};

// Nothing is evaluated any more, so nothing moves.
TEST_F(IrOfLibrary, PrintsAndReadsTheSame) {
  for (const Value function : functions_) {
    Law law;
    decode_law(is_pin(function) ? pin_item(function) : function, law);
    expect_round_trip(law);
  }
}

TEST_F(IrOfLibrary, IsStillALawAfterThePasses) {
  for (const Value function : functions_) {
    Law law;
    decode_law(is_pin(function) ? pin_item(function) : function, law);
    optimise_law(evaluator_.machine(), law, function, PassSet::all());
    expect_round_trip(law);
  }
}

}  // namespace
}  // namespace plan::vm
