// sire/state.cc: the state of Sire.
#include "sire/state.h"

#include "gc/make.h"
#include "sire/tab.h"

#include <array>

namespace plan::sire {

State::State(vm::Evaluator& evaluator, SymbolTable& symbols, BindingTable& bindings,
             Failure& failure)
    : evaluator_(evaluator),
      heap_(evaluator.heap()),
      symbols_(symbols),
      bindings_(bindings),
      failure_(failure),
      row_(heap_),
      next_key_(heap_),
      context_(heap_),
      scope_(heap_),
      modules_(heap_),
      pinned_scope_(heap_),
      scope_pin_(heap_),
      noted_scope_(heap_, heap_.empty_tab()) {
  reset();
}

void State::reset() {
  next_key_.set(small_nat(1));
  context_.set(small_nat(0));
  scope_.set(heap_.empty_tab());
  modules_.set(heap_.empty_tab());
  is_decoded_ = true;
  row_is_current_ = false;
}

void State::adopt(Value row) {
  row = deref(row);
  if (row_is_current_ && row == deref(row_.get())) return;
  row_.set(row);
  row_is_current_ = true;
  is_decoded_ = false;
}

Value State::row() {
  if (!row_is_current_) {
    row_.set(gc::make_row(
        heap_, std::array{next_key_.get(), context_.get(), scope_.get(), modules_.get()}));
    row_is_current_ = true;
  }
  return row_.get();
}

bool State::decode() {
  if (is_decoded_) return true;
  const vm::Outcome outcome = evaluator_.whnf(row_.get());
  if (!outcome.ok()) return failure_.outcome(outcome);
  const Value row = outcome.value;
  if (!is_row(row)) return failure_.malformed("Invalid state object: not a row");
  if (row_size(row) != 4) {
    return failure_.malformed("Invalid state object: row does not have four fields");
  }
  row_.set(row);
  next_key_.set(row_at(row, kNextKey));
  context_.set(row_at(row, kContext));
  scope_.set(row_at(row, kScope));
  modules_.set(row_at(row, kModules));
  is_decoded_ = true;
  return true;
}

bool State::evaluate_field(gc::Root& field) {
  if (!decode()) return false;
  if (field.get().is_whnf()) return true;
  const vm::Outcome outcome = evaluator_.whnf(field.get());
  if (!outcome.ok()) return failure_.outcome(outcome);
  field.set(outcome.value);
  return true;
}

bool State::get_context(Value& context) {
  if (!evaluate_field(context_)) return false;
  if (!context_.get().is_nat()) return failure_.malformed("invalid `context` field in state");
  context = context_.get();
  return true;
}

bool State::get_scope(Value& scope) {
  if (!evaluate_field(scope_)) return false;
  if (!is_tab(scope_.get())) return failure_.malformed("invalid `scope` field in state");
  // The row of values of a tab may be unevaluated where a macro made the tab.
  while (!is_row(deref(tab_values(scope_.get())))) {
    const vm::Outcome outcome = evaluator_.whnf(tab_values(scope_.get()));
    if (!outcome.ok()) return failure_.outcome(outcome);
  }
  scope = scope_.get();
  return true;
}

bool State::get_modules(Value& modules) {
  if (!evaluate_field(modules_)) return false;
  if (!is_tab(modules_.get())) return failure_.malformed("invalid `modules` field in state");
  modules = modules_.get();
  return true;
}

bool State::get_next_key(Value& next_key, bool& is_nat) {
  if (!evaluate_field(next_key_)) return false;
  next_key = next_key_.get();
  is_nat = next_key.is_nat();
  return true;
}

void State::set_next_key(Value next_key) {
  next_key_.set(next_key);
  row_is_current_ = false;
}

void State::set_scope(Value scope) {
  scope_.set(scope);
  row_is_current_ = false;
}

void State::bind(Symbol name, Value binding_pin) {
  const bool is_noted = scope_.get() == noted_scope_.get();
  scope_.set(tab_insert(heap_, scope_.get(), symbols_.nat(name), binding_pin));
  row_is_current_ = false;
  if (!is_noted) return;
  noted_scope_.set(scope_.get());
  note_of(name) = {bindings_.find_or_add(binding_pin), generation_, true};
}

bool State::normalise_field(gc::Root& field) {
  const vm::Outcome outcome = evaluator_.normalise(field.get());
  if (!outcome.ok()) return failure_.outcome(outcome);
  field.set(outcome.value);
  return true;
}

Value State::pin_scope() {
  if (pinned_scope_.get() != scope_.get()) {
    scope_pin_.set(gc::make_pin(heap_, scope_.get()));
    pinned_scope_.set(scope_.get());
  }
  return scope_pin_.get();
}

bool State::switch_to(Symbol context) {
  Value old_context;
  Value modules;
  Value scope;
  Value next_key;
  bool is_nat = false;
  if (!get_context(old_context) || !get_modules(modules) || !get_next_key(next_key, is_nat)) {
    return false;
  }
  // What is kept is forced, as the module's scope becomes a pin. The next key goes first, as it
  // comes first in the row.
  if (!normalise_field(next_key_)) return false;
  const bool is_in_module = context_.get() != small_nat(0);
  if (is_in_module && (!get_scope(scope) || !normalise_field(scope_))) return false;
  if (!normalise_field(modules_)) return false;
  if (is_in_module) {
    modules_.set(tab_insert(heap_, modules_.get(), context_.get(), pin_scope()));
  }
  context_.set(symbols_.nat(context));
  scope_.set(heap_.empty_tab());
  row_is_current_ = false;
  return true;
}

bool State::save_row(Value& row) {
  Value value;
  bool is_nat = false;
  if (!get_context(value) || !get_scope(value) || !get_modules(value) ||
      !get_next_key(value, is_nat)) {
    return false;
  }
  if (!normalise_field(next_key_) || !normalise_field(scope_) || !normalise_field(modules_)) {
    return false;
  }
  const Value scope = pin_scope();
  row = gc::make_row(heap_, std::array{next_key_.get(), context_.get(), scope, modules_.get()});
  return true;
}

void State::restore_row(Value row) {
  next_key_.set(row_at(row, kNextKey));
  context_.set(row_at(row, kContext));
  scope_pin_.set(row_at(row, kScope));
  scope_.set(pin_item(scope_pin_.get()));
  pinned_scope_.set(scope_.get());
  modules_.set(row_at(row, kModules));
  is_decoded_ = true;
  row_is_current_ = false;
}

bool State::get_module(Value module, Value& scope, bool& is_loaded, bool& is_pinned_tab) {
  const gc::Root name(heap_, module);
  Value modules;
  if (!get_modules(modules)) return false;
  const std::optional<uint64_t> position = tab_find(modules, name.get());
  is_loaded = position.has_value();
  is_pinned_tab = false;
  if (!is_loaded) return true;
  const vm::Outcome outcome = evaluator_.whnf(tab_value(modules, *position));
  if (!outcome.ok()) return failure_.outcome(outcome);
  if (!is_pin(outcome.value) || !is_tab(pin_item(outcome.value))) return true;
  is_pinned_tab = true;
  scope = pin_item(outcome.value);
  return true;
}

// --- Names.

State::Note& State::note_of(Symbol name) {
  if (notes_.size() <= name) notes_.resize(std::max(symbols_.count(), notes_.size() * 2));
  return notes_[name];
}

/// In scope_, which is evaluated.
const State::Note& State::look_up(Symbol name) {
  Note& note = note_of(name);
  if (note.generation == generation_) return note;
  note = {nullptr, generation_, false};
  const std::optional<uint64_t> position = tab_find(scope_.get(), symbols_.nat(name));
  if (!position) return note;
  note.is_bound = true;
  const Value value = tab_value(scope_.get(), *position);
  if (is_pin(value)) note.binding = bindings_.find_or_add(value);
  return note;
}

Found State::lookup(Symbol name, const Binding*& binding) {
  if (!is_decoded_ || scope_.get() != noted_scope_.get()) {
    Value scope;
    if (!get_scope(scope)) return Found::kFailed;
    if (scope != noted_scope_.get()) {
      noted_scope_.set(scope);
      generation_++;
    }
  }
  const Note& note = look_up(name);
  if (!note.is_bound) return Found::kNo;
  binding = note.binding;
  if (binding == nullptr) return evaluate_entry(name, binding);
  if (binding->well_formed) return Found::kYes;
  failure_.malformed("Malformed binding");
  return Found::kFailed;
}

/// An entry that was no pin when it was noted: it may become one.
Found State::evaluate_entry(Symbol name, const Binding*& binding) {
  const std::optional<uint64_t> position = tab_find(scope_.get(), symbols_.nat(name));
  PLAN_CHECK(position.has_value());
  const vm::Outcome outcome = evaluator_.whnf(tab_value(scope_.get(), *position));
  if (!outcome.ok()) {
    failure_.outcome(outcome);
    return Found::kFailed;
  }
  if (is_pin(outcome.value)) {
    binding = bindings_.find_or_add(outcome.value);
    notes_[name].binding = binding;
    if (binding->well_formed) return Found::kYes;
  }
  failure_.malformed("Malformed binding");
  return Found::kFailed;
}

Found State::lookup_in_module(Value module, Value name, const Binding*& binding) {
  const gc::Root wanted(heap_, name);
  Value scope;
  bool is_loaded = false;
  bool is_pinned_tab = false;
  if (!get_module(module, scope, is_loaded, is_pinned_tab)) return Found::kFailed;
  if (!is_loaded) return Found::kNo;
  if (!is_pinned_tab) {
    failure_.malformed("Expected a pin when loading: modules");
    return Found::kFailed;
  }
  const std::optional<uint64_t> position = tab_find(scope, wanted.get());
  if (!position) return Found::kNo;
  const Value pin = tab_value(scope, *position);
  if (is_pin(pin)) binding = bindings_.find_or_add(pin);
  if (is_pin(pin) && binding->well_formed) return Found::kYes;
  failure_.malformed("Malformed binding");
  return Found::kFailed;
}

}  // namespace plan::sire
