// vm/jets_ir.cc: the texts, and the laws made of them.
//
// Note [Jets in IR]
// ~~~~~~~~~~~~~~~~~
// A jet that is given a function should be compiled with the function in it, and be seen by
// collector and profiler for what it is. So these jets are laws in IR, which take the place of the
// law in the jet's pin: its Code is made of running_law(), and where a pass looks for what a call
// will do (`inline`, `specialise`, `unlift`), it finds that law.
//
//   @_Map = law f row { .. (@map-loop f row to n) .. (@decline f row) .. }
//   @map-loop = law f row to n { .. self .. }
//
// A definition begins in the first column. Those with a jet's name are jets, others are shared. A
// jet's own law is no loop, so that `inline` takes it into its callers and `specialise` then sees
// the loop with the function it is given. In the texts, after "@":
//   - the name of another definition;
//   - the name of a jet, or of an IR leaf (vm/ir_leaves.def): a C++ function;
//   - `decline`: the law in the jet's pin, for arguments that the jet is not for, after telling
//     whoever wants to know; `law`: the same, but nobody is told (both: vm/jet_abi.h, "Decline").
// All of these stand at heads of saturated calls only: the pins of jets here hold no real law, for
// only programs have those, and like a copy (vm/law_copy.h) no law here is a value of the program.
//
// Order     : as the law's, see vm/jet_abi.h. Mind that arguments and lets are lazy: what must be
//             evaluated at some point is named there with @_Seq.
// Retention : what is suspended should hold an element and not the row. An element at an evaluated
//             index, if it is a let, is taken from the row when it is captured.
// Building  : vm/ir_leaves.cc.
// Lifetime  : a text is read when its jet is first decoded or looked at by a pass; the law stays
//             until the machine ends, and with it the first pin that matched.
// Not in IR : what never evaluates, what is an instruction, and what walks evaluating but is given
//             no function (sum, cat, implode, bsearch, _SizedListToRow ..): there is nothing to
//             make it for, and C++ is faster than interpreted IR. Looking for a key (tabAlter) is
//             C++, too.
// Price     : run by the interpreter, a jet costs several instructions for each element, where C++
//             costs a few nanoseconds.
#include "vm/jets_ir.h"

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/ir_text.h"
#include "vm/law_copy.h"
#include "vm/machine.h"

#include <cstdio>
#include <optional>

namespace plan::vm {

namespace {

constexpr std::string_view kTexts[] = {
#include "vm/jets_nat.ir"
    ,
#include "vm/jets_row.ir"
    ,
#include "vm/jets_tab.ir"
    ,
};

constexpr bool is_name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string_view name_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_name_part(text[end])) ++end;
  return text.substr(at, end - at);
}

struct Definition {
  std::string_view name;
  std::string_view law;  ///< what is behind the "="
};

std::vector<Definition> definitions() {
  std::vector<Definition> result;
  for (const std::string_view text : kTexts) {
    for (size_t at = text.find("\n@"); at != std::string_view::npos;) {
      const size_t next = text.find("\n@", at + 1);
      const size_t equals = text.find('=', at);
      result.push_back({name_at(text, at + 2), text.substr(equals + 1, next - equals - 1)});
      at = next;
    }
  }
  return result;
}

std::optional<std::string_view> find_definition(std::string_view name) {
  for (const Definition& definition : definitions()) {
    if (definition.name == name) return definition.law;
  }
  return std::nullopt;
}

std::optional<JetId> find_leaf(std::string_view name) {
  for (int16_t i = kJetCount; i < static_cast<int16_t>(JetId::kCount); ++i) {
    if (name == jet_row(static_cast<JetId>(i)).name) return static_cast<JetId>(i);
  }
  return std::nullopt;
}

[[noreturn]] void refuse(std::string_view name, std::string_view message) {
  fprintf(stderr, "jet %.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
          static_cast<int>(message.size()), message.data());
  PLAN_UNREACHABLE();
}

gc::Hash hash_of_hex(const char* hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  gc::Hash hash{};
  for (size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<uint8_t>(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
  }
  return hash;
}

}  // namespace

std::vector<std::string_view> names_in_ir_texts() {
  std::vector<std::string_view> names;
  for (const Definition& definition : definitions()) names.push_back(definition.name);
  return names;
}

Value IrJets::keep(Value value) {
  kept_.values.push_back(value);
  return value;
}

/// A pin that is taken for the jet.
Value IrJets::leaf(JetId id) {
  Value& pin = leaves_[id];
  if (pin.is_pointer()) return pin;
  const JetRow& row = jet_row(id);
  const Value nothing = small_nat(0);
  const Value body = gc::make_partial(heap_, small_nat(2), {&nothing, 1});
  pin = keep(gc::make_pin(
      heap_, gc::make_law(heap_, gc::make_cord(heap_, row.name), small_nat(row.arity), body)));
  gc::Region* region = gc::pin_region(pin);
  region->jet = static_cast<int16_t>(id);
  if (row.hash_hex != nullptr) {
    region->hash = hash_of_hex(row.hash_hex);
    region->has_hash = true;
  }
  return pin;
}

/// A pin around the same law, which is run by `leaf`, or as it is if that is kCount.
Value IrJets::law_behind(Value pin, JetId leaf) {
  const Value other = keep(gc::make_pin(heap_, pin_item(pin)));
  if (leaf != JetId::kCount) gc::pin_region(other)->jet = static_cast<int16_t>(leaf);
  return other;
}

Value IrJets::resolve(std::string_view name, Value pin) {
  if (name == "decline" && is_pin(pin)) return law_behind(pin, JetId::kDecline);
  if (name == "law" && is_pin(pin)) return law_behind(pin, JetId::kCount);
  if (const std::optional<JetId> id = find_leaf(name)) return leaf(*id);
  if (const std::optional<JetId> id = find_jet_name(name)) return leaf(*id);
  if (const auto found = shared_.find(name); found != shared_.end()) {
    if (!found->second.is_pointer()) refuse(name, "is made of itself");
    return found->second;
  }
  const auto place = shared_.emplace(name, small_nat(0)).first;
  place->second = make(name, small_nat(0));
  return place->second;
}

/// Recursion: as deep as definitions refer to each other.
Value IrJets::make(std::string_view name, Value pin) {
  const std::optional<std::string_view> text = find_definition(name);
  if (!text) refuse(name, "no definition");
  ConstantNames names;
  for (size_t at = text->find('@'); at != std::string_view::npos; at = text->find('@', at + 1)) {
    const std::string_view used = name_at(*text, at + 1);
    if (names.find(used) == nullptr) names.define(used, resolve(used, pin));
  }
  Result<Law> law = read_law(heap_, *text, names);
  if (!law.has_value()) refuse(name, law.error().message);
  return keep(law_value(heap_, law.value(), gc::make_cord(heap_, name)));
}

Value IrJets::law_of(JetId jet, Value pin) {
  Value& law = jets_[jet];
  if (law.is_pointer()) return law;
  // What is built on the way is not needed once everything is in regions of its own.
  Word* const mark = heap_.hp;
  law = make(jet_row(jet).name, pin);
  heap_.hp = mark;
  return law;
}

bool is_ir_jet(Value function) {
  if (!is_pin(function)) return false;
  const int16_t jet = gc::pin_region(function)->jet;
  return jet >= 0 && jet_row(static_cast<JetId>(jet)).in_ir;
}

Value running_law(Machine& vm, Value function) {
  if (is_ir_jet(function)) {
    return vm.ir_jets->law_of(static_cast<JetId>(gc::pin_region(function)->jet), function);
  }
  if (is_pin(function) && gc::pin_region(function)->jet >= 0) return small_nat(0);
  const Value law = is_pin(function) ? pin_item(function) : function;
  return is_law(law) ? law : small_nat(0);
}

}  // namespace plan::vm
