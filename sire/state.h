// sire/state.h: the state of Sire: next key, context, scope, modules (spec/sire.md section 2).
//
// The state is one PLAN value: every macro is given it and returns another. It is decoded as
// far as somebody looks: what a macro returns is taken as it is, and is wrong only when it is used.
// Looking up a name costs an array access: what was found in the scope is noted by symbol, and good
// until the scope is replaced by another one.
//
// Evaluates  : all functions that return bool, and row() not. Raw values do not survive them.
// Failures   : recorded in the Failure given at the start.
#pragma once

#include "gc/heap.h"
#include "sire/binding.h"
#include "sire/failure.h"
#include "sire/symbol.h"
#include "vm/eval.h"

#include <vector>

namespace plan::sire {

enum class Found : uint8_t { kYes, kNo, kFailed };

class State {
 public:
  State(vm::Evaluator& evaluator, SymbolTable& symbols, BindingTable& bindings, Failure& failure);

  /// Nothing bound, no module, no context.
  void reset();
  /// Continues from `row`, whatever it is.
  void adopt(Value row);
  /// The state as macros see it. Allocates only.
  Value row();

  /// The binding of a name in the scope; well formed if found.
  Found lookup(Symbol name, const Binding*& binding);
  /// The binding of a name in a finished module.
  Found lookup_in_module(Value module, Value name, const Binding*& binding);

  /// The tabs and numbers, evaluated and checked.
  bool get_context(Value& context);
  bool get_scope(Value& scope);
  bool get_modules(Value& modules);
  bool get_next_key(Value& next_key, bool& is_nat);

  void set_next_key(Value next_key);
  void set_scope(Value scope);
  /// Binds a name in the scope, which has been looked at (get_scope) since the last evaluation.
  void bind(Symbol name, Value binding_pin);
  /// Finishes the module under way, if there is one, and begins another.
  bool switch_to(Symbol context);
  /// The row [next key, context, pin of scope, modules], in normal form, for a cache; and back.
  bool save_row(Value& row);
  void restore_row(Value row);
  /// The scope of a finished module: a tab. `is_loaded` false if there is no such module.
  bool get_module(Value module, Value& scope, bool& is_loaded, bool& is_pinned_tab);

 private:
  /// What the scope says of a name.
  struct Note {
    const Binding* binding = nullptr;  ///< null: not a pin when it was looked up
    uint32_t generation = 0;           ///< good if equal to generation_
    bool is_bound = false;
  };
  enum Field : uint8_t { kNextKey, kContext, kScope, kModules };

  bool decode();
  bool normalise_field(gc::Root& field);
  /// The pin of the scope, a normal form; the same one while the scope stays the same.
  Value pin_scope();
  bool evaluate_field(gc::Root& field);
  const Note& look_up(Symbol name);
  Note& note_of(Symbol name);
  Found evaluate_entry(Symbol name, const Binding*& binding);

  vm::Evaluator& evaluator_;
  gc::Heap& heap_;
  SymbolTable& symbols_;
  BindingTable& bindings_;
  Failure& failure_;

  gc::Root row_;
  bool row_is_current_ = false;  ///< row_ holds the fields
  bool is_decoded_ = false;      ///< the fields hold row_
  gc::Root next_key_;
  gc::Root context_;
  gc::Root scope_;
  gc::Root modules_;

  gc::Root pinned_scope_;  ///< the tab that scope_pin_ pins
  gc::Root scope_pin_;
  gc::Root noted_scope_;  ///< the tab that notes_ are about
  std::vector<Note> notes_;  // by symbol
  uint32_t generation_ = 1;
};

}  // namespace plan::sire
