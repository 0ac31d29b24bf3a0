// vm/functions.cc: entry records of laws and pins, and the match of pins against the jet table.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "gc/hash.h"
#include "gc/make.h"
#include "gc/parts.h"
#include "gc/region.h"
#include "gc/word_map.h"
#include "vm/jets.h"
#include "vm/machine.h"
#include "vm/primops.h"

namespace plan::vm {

namespace {

// A pin around something that is not a law: the item takes the call.
PLAN_EVALUATES enter_pin_item(PLAN_STATE) {
  r3 = info_of(r2)->arity;
  r1 = pin_item(Value{r1}).word;
  if (is_set(Value{r1})) {
    // Through a pin a set gets both arguments of its law at once and looks at neither.
    r1 = set_keys(Value{r1}).word;
    sp += 2;
    PLAN_RETURN();
  }
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}

gc::Info* new_entry(Machine& vm, gc::Region* region, Value function, uint64_t arity,
                    EvalFn entry) {
  gc::Info* info = vm.infos.add();
  info->entry = reinterpret_cast<void*>(entry);
  info->function = function.word;
  if (arity <= kRegisterArguments) {
    info->worker = reinterpret_cast<void*>(kPushArguments[arity]);
  }
  info->arity = static_cast<uint32_t>(arity);
  info->owner = region;
  info->kind = gc::InfoKind::kEntry;
  info->frame_words = 1;
  return info;
}

Code* new_code(Machine& vm, gc::Region* region, Value function) {
  static_cast<void>(vm);
  Code* code = new Code;
  code->function = function;
  code->region = region;
  code->next = static_cast<Code*>(region->codes);
  region->codes = code;
  return code;
}

/// The entry of the law's own code; decoding waits until it runs.
gc::Info* new_law_entry(Machine& vm, Code& code, Value law) {
  code.law = law;
  code.entry.code = &code;
  code.entry.is_law = true;
  gc::Info* info = new_entry(vm, code.region, code.function, gc::eval_arity(law), enter_uncompiled);
  info->code = &code.entry;
  code.entry.info = info;
  code.infos.push_back(info);
  if (vm.options.tier == TierMode::kTemplate) {
    translate_law(vm, code);
  } else if (vm.options.tier != TierMode::kInterpreter) {
    begin_counting(vm, code);
  }
  return info;
}

LeafJet evaluator_leaf(JetId jet) {
  switch (jet) {
    case JetId::kTrace: return jet_trace_normal;
    case JetId::kDeepTrace: return jet_trace_deep;
    case JetId::kTry: return jet_try;
    default: return jet_row(jet).leaf;
  }
}

}  // namespace

bool is_primop(JetId jet) {
  switch (jet) {
    case JetId::kIf:
    case JetId::kIfz:
    case JetId::kSeq:
    case JetId::kAnd:
    case JetId::kOr:
    case JetId::kAdd:
    case JetId::kSub:
    case JetId::kMul:
    case JetId::kDiv:
    case JetId::kMod:
    case JetId::kDec:
    case JetId::kToNat:
    case JetId::kIsNat:
    case JetId::kEqz:
    case JetId::kNot:
    case JetId::kBit:
    case JetId::kLen:
    case JetId::kEql:
    case JetId::kNeq:
    case JetId::kLth:
    case JetId::kLte:
    case JetId::kGth:
    case JetId::kGte:
    case JetId::kCmp: return true;
    default: return false;
  }
}

namespace {

gc::Info* pin_law_entry(Machine& vm, Value pin, Value law) {
  gc::Region* region = gc::pin_region(pin);
  Code* code = new_code(vm, region, pin);
  gc::Info* law_entry = new_law_entry(vm, *code, law);
  if (region->jet < 0) return law_entry;
  const auto jet = static_cast<JetId>(region->jet);
  if (is_ir_jet(pin)) return law_entry;  // decode_block() puts the other law in its place
  if (is_primop(jet)) {
    code->is_primop = true;
    return law_entry;
  }
  const LeafJet leaf = evaluator_leaf(jet);
  if (leaf == nullptr) return law_entry;
  gc::Info* info = new_entry(vm, region, pin, law_entry->arity, run_leaf_jet);
  code->infos.push_back(info);
  code->jet.jet = region->jet;
  code->jet.arity = law_entry->arity;
  code->jet.leaf = reinterpret_cast<void*>(leaf);
  code->jet.law_info = law_entry;
  code->jet.function = pin;
  info->code = &code->jet;
  return info;
}

/// The text of a law's name if all of it is [A-Za-z0-9_].
bool plain_name(Value name, std::string& text) {
  uint64_t scratch = 0;
  const auto limbs = nat_limbs(name, scratch);
  const auto* bytes = reinterpret_cast<const char*>(limbs.data());
  size_t n = limbs.size() * 8;
  while (n > 0 && bytes[n - 1] == 0) --n;
  if (n == 0 || n > 64) return false;
  for (size_t i = 0; i < n; ++i) {
    const char c = bytes[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_') return false;
  }
  text.assign(bytes, n);
  return true;
}

}  // namespace

Code* new_twin(Machine& vm, Code& code) {
  Code* twin = new_code(vm, code.region, code.function);
  twin->law = code.law;
  twin->optimise = !code.is_primop;
  twin->is_primop = code.is_primop;
  twin->entry.code = twin;
  twin->entry.is_law = true;
  twin->entry.info = code.entry.info;
  return twin;
}

gc::Info* function_info(Machine& vm, Value function) {
  Object* o = function.object();
  if (o->info_index() != 0) return &vm.infos[o->info_index()];
  gc::Info* info = nullptr;
  if (o->kind() == Kind::kLaw) {
    Code* code = new_code(vm, gc::law_region(function), function);
    info = new_law_entry(vm, *code, function);
  } else {
    PLAN_CHECK(o->kind() == Kind::kPin);
    const Value item = pin_item(function);
    if (is_law(item)) {
      info = pin_law_entry(vm, function, item);
    } else {
      gc::Region* region = gc::pin_region(function);
      Code* code = new_code(vm, region, function);
      info = new_entry(vm, region, function, gc::true_arity(function), enter_pin_item);
      code->infos.push_back(info);
    }
  }
  o->set_info_index(info->index);
  return info;
}

void release_region_code(void* machine, gc::Region* region) {
  auto& vm = *static_cast<Machine*>(machine);
  auto* code = static_cast<Code*>(region->codes);
  while (code != nullptr) {
    Code* next = code->next;
    forget_native_code(vm, *code);
    for (gc::Info* info : code->infos) vm.infos.remove(info);
    vm.summaries.forget(code->function);
    delete code;
    code = next;
  }
  region->codes = nullptr;
}

void match_pin(Machine& vm, Value pin) {
  const Value law = pin_item(pin);
  if (!is_law(law)) return;
  std::string name;
  if (!plain_name(law_name(law), name)) return;
  const bool known = find_jet_name(name).has_value();
  const bool looks_like_one = name.size() > 1 && name[0] == '_' && name[1] >= 'A' && name[1] <= 'Z';
  if (!known && !looks_like_one) return;
  bool matched = false;
  if (known) {
    auto hash = gc::pin_hash(pin);
    const auto jet = hash.has_value() ? find_jet(name, **hash) : std::nullopt;
    if (jet) {
      matched = true;
      // Traces are an effect, not an optimisation: they stay when jets are off.
      const bool effect = *jet == JetId::kTrace || *jet == JetId::kDeepTrace;
      if (vm.options.jets || effect) {
        gc::pin_region(pin)->jet = static_cast<int16_t>(*jet);
      }
    }
  }
  if (vm.match_sink != nullptr) vm.match_sink(vm.match_context, pin, matched);
}

void match_loaded(Machine& vm, Value loaded) {
  gc::WordMap seen;
  std::vector<Value> pins;
  std::vector<Value> work{loaded};
  while (!work.empty()) {
    const Value v = work.back();
    work.pop_back();
    if (!v.is_pointer() || v.is_big() || !seen.add(v.word)) continue;
    if (is_pin(v)) {
      pins.push_back(v);
      work.push_back(deref(pin_item(v)));
    } else if (gc::has_parts(v)) {
      const gc::Parts parts = gc::parts_of(v);
      for (uint64_t i = 0; i < parts.count(); ++i) work.push_back(parts.at(i));
    }
  }
  for (size_t i = pins.size(); i-- > 0;) match_pin(vm, pins[i]);
}

Value make_matched_pin(Machine& vm, Value item) {
  const Value pin = gc::make_pin(vm.heap, item);
  match_pin(vm, pin);
  return pin;
}

Word report_decline(Machine& vm, Value function, Word* args, uint32_t arity) {
  std::vector<Value> frame{function};
  for (uint32_t i = 0; i < arity; ++i) frame.push_back(deref(Value{args[i]}));
  vm.result = gc::make_row(vm.heap, frame);
  if (vm.fallback_sink != nullptr) vm.fallback_sink(vm.fallback_context, vm.result, false);
  return 0;
}

}  // namespace plan::vm
