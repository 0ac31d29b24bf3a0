// sire/sire_test.h: a session for tests, and values to compare with.
#pragma once

#include "base/large_stack.h"
#include "gc/make.h"
#include "gc/text.h"
#include "sire/execute.h"
#include "sire/plan_rex.h"
#include "sire/session.h"
#include "sire/show.h"
#include "value/order.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace plan::sire {

class SireTest : public ::testing::Test {
 protected:
  static SessionOptions quiet_options() {
    SessionOptions options;
    options.console.quiet = true;
    options.mismatch = Mismatch::kIgnore;
    return options;
  }

  /// Executes the blocks of `text` until one fails; true if none does.
  bool run(std::string_view text) {
    struct Call {
      SireTest& test;
      std::string_view text;
      bool ok = false;
    } call{*this, text};
    run_on_large_stack(
        [](void* c) {
          auto& to_run = *static_cast<Call*>(c);
          to_run.ok = to_run.test.run_here(to_run.text);
        },
        &call);
    return call.ok;
  }

  bool run_here(std::string_view text) {
    for (const rex::Block& block : rex::read_text(text)) {
      if (block.tree == nullptr) {
        ADD_FAILURE() << "the test's Rex is broken: " << text;
        return false;
      }
      const Value rex = value_of_rex(context().rex, block.tree);
      if (!execute_block(context(), rex, "test.sire", block.first_line)) return false;
    }
    return true;
  }

  /// What a name is bound to, as upstream shows it in a row.
  std::string shown(std::string_view name) {
    const std::optional<Value> value = session_.find(name);
    if (!value) return "(unbound)";
    const Value one[] = {*value};
    return print_listing(gc::make_row(context().heap, one));
  }

  /// The value of an expression of Sire.
  Value evaluate(std::string_view expression) {
    EXPECT_TRUE(run("= it_ " + std::string(expression) + "\n")) << reason();
    return session_.find("it_").value_or(Value{});
  }

  /// The value written in the notation of gc/text.h.
  Value value(std::string_view text) {
    Result<Value> v = gc::read_value_text(context().heap, text);
    EXPECT_TRUE(v.has_value()) << text;
    return v ? *v : Value{};
  }

  void expect_value(std::string_view blocks, std::string_view name, std::string_view expected) {
    ASSERT_TRUE(run(blocks)) << reason();
    const std::optional<Value> v = session_.find(name);
    ASSERT_TRUE(v.has_value());
    EXPECT_TRUE(equal_normal(*v, value(expected)))
        << name << " is " << shown(name) << "\nand not " << expected;
  }

  std::string reason() { return context().first_reason; }
  Context& context() { return session_.context(); }

  Session session_{quiet_options()};
};

}  // namespace plan::sire
