// tests/differential/vm_side.cc: building programs as heap values and running them.
#include "tests/differential/vm_side.h"

#include "base/check.h"
#include "gc/build.h"
#include "gc/hash.h"
#include "gc/make.h"
#include "gc/region.h"
#include "jit/native_tier.h"
#include "tests/differential/generate.h"
#include "tests/differential/vm_print.h"
#include "value/nat_decimal.h"
#include "vm/jets.h"

namespace plan::differential {

namespace {

constexpr uint64_t kHeapLimitBytes = uint64_t{2} << 30;

std::vector<uint8_t> bytes_of_hex(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

struct TraceLog {
  std::string lines;
  size_t text_bytes;
};

void log_trace(void* context, Value message, bool) {
  auto* log = static_cast<TraceLog*>(context);
  log->lines += "trace " + print_value(message, log->text_bytes) + "\n";
}

std::string describe(const vm::Outcome& outcome, size_t text_bytes) {
  switch (outcome.kind) {
    case vm::OutcomeKind::kValue:
      return "value " + print_value(outcome.value, text_bytes);
    case vm::OutcomeKind::kCrash:
      return "crash " + print_value(outcome.op, text_bytes) + " " +
             print_value(outcome.value, text_bytes);
    case vm::OutcomeKind::kLoop:
      return "loop";
    case vm::OutcomeKind::kInterrupted:
      return "interrupted";
    case vm::OutcomeKind::kTime:
      return "time";
    case vm::OutcomeKind::kMemory:
      return "memory";
    case vm::OutcomeKind::kStack:
      return "stack";
  }
  PLAN_UNREACHABLE();
}

/// The two jets that are no mere optimisation are known by name, as to the oracle: programs have
/// stand-ins for them, with shorter laws than the library's; and they stay when jets are off.
void match_by_name(void*, Value pin, bool) {
  const Value law = pin_item(pin);
  uint64_t scratch = 0;
  const std::span<const uint64_t> limbs = nat_limbs(law_name(law), scratch);
  const std::string name(reinterpret_cast<const char*>(limbs.data()), limbs.size() * 8);
  const auto is_jet = [&](const char* jet, uint64_t arity) {
    return name.c_str() == std::string_view(jet) && law_args(law) == small_nat(arity);
  };
  if (is_jet("_Trace", 2)) gc::pin_region(pin)->jet = static_cast<int16_t>(vm::JetId::kTrace);
  if (is_jet("_Try", 1)) gc::pin_region(pin)->jet = static_cast<int16_t>(vm::JetId::kTry);
}

vm::Options vm_options(const VmOptions& options) {
  vm::Options result;
  result.jets = options.jets;
  result.optimise_always = options.optimise;
  result.passes = options.passes;
  if (options.native) result.tier = vm::TierMode::kNative;
  if (options.templates) result.tier = vm::TierMode::kTemplate;
  if (options.native && options.hot_entries != 0) {
    result.tier = vm::TierMode::kMixed;
    result.jit_threshold = options.hot_entries;
    result.jit_budget_percent = 0;
  }
  result.heap.stress = options.gc_stress;
  result.heap.verify = options.gc_stress;
  result.heap.nursery_bytes = options.nursery_bytes;
  result.heap.nursery_bytes_max = 8 * options.nursery_bytes;
  result.heap.limit_bytes = kHeapLimitBytes;
  return result;
}

}  // namespace

VmSide::VmSide(const VmOptions& options) : options_(options), evaluator_(vm_options(options)) {
  evaluator_.set_time_limit_ns(options.time_limit_ns);
  jit::NativeOptions native;
  native.compiler.quick = options.quick_code;
  native.code_bytes_max = options.code_bytes_max;
  native.template_bytes_max = options.template_bytes_max;
  native.code_cache = options.code_cache;
  jit::attach_native_tier(evaluator_, native);
  evaluator_.set_match_sink(match_by_name, nullptr);
  PLAN_CHECK(define(kTraceName, *parse("<{'_Trace' 2 (2 0)}>")));
  PLAN_CHECK(define(kTryName, *parse("<{'_Try' 1 (2 0)}>")));
}

bool VmSide::define(const std::string& name, const Expr& value) {
  const std::optional<Value> v = build(value, true);
  if (!v) return false;
  names_[name] = std::make_unique<gc::Root>(evaluator_.heap(), *v);
  return true;
}

std::string VmSide::run(const Expr& program, size_t text_bytes) {
  const std::optional<Value> v = build(program, false);
  if (!v) return "malformed";
  TraceLog log{"", text_bytes};
  evaluator_.set_trace_sink(log_trace, &log);
  const vm::Outcome outcome = evaluator_.normalise(*v);
  evaluator_.set_trace_sink(nullptr, nullptr);
  return log.lines + describe(outcome, text_bytes) + "\n";
}

void VmSide::run_briefly(const Expr& program, uint64_t ns) {
  const std::optional<Value> v = build(program, false);
  if (!v) return;
  evaluator_.set_time_limit_ns(ns);
  static_cast<void>(evaluator_.normalise(*v));
  evaluator_.set_time_limit_ns(options_.time_limit_ns);
}

bool VmSide::build_all(const std::vector<Expr>& parts, bool is_value, std::vector<Value>* values) {
  for (const Expr& part : parts) {
    const std::optional<Value> v = build(part, is_value);
    if (!v) return false;
    values->push_back(*v);
  }
  return true;
}

std::optional<Value> VmSide::build(const Expr& e, bool is_value) {
  gc::Heap& heap = evaluator_.heap();
  std::vector<Value> parts;
  switch (e.form) {
    case Form::kNat:
      return gc::make_nat(heap, nat::from_decimal(e.text));
    case Form::kBar:
      return gc::make_bar(heap, bytes_of_hex(e.text));
    case Form::kName:
      if (!names_.contains(e.text)) return std::nullopt;
      return names_[e.text]->get();
    case Form::kApp:
      return build_application(e, is_value);
    case Form::kRow:
      if (!build_all(e.parts, is_value, &parts)) return std::nullopt;
      return gc::make_row(heap, parts);
    case Form::kPin:
      if (!build_all(e.parts, true, &parts)) return std::nullopt;
      return build_pin(parts[0]);
    case Form::kLaw:
      return build_law(e);
    case Form::kSet:
      if (!build_all(e.parts, true, &parts)) return std::nullopt;
      return build_set(parts);
    case Form::kTab: {
      std::vector<Value> keys;
      for (size_t i = 0; i + 1 < e.parts.size(); i += 2) {
        const std::optional<Value> key = build(e.parts[i], true);
        const std::optional<Value> value = build(e.parts[i + 1], is_value);
        if (!key || !value) return std::nullopt;
        keys.push_back(*key);
        parts.push_back(*value);
      }
      const std::optional<Value> set = build_set(keys);
      if (!set) return std::nullopt;
      return gc::make_tab(heap, *set, gc::make_row(heap, parts));
    }
  }
  PLAN_UNREACHABLE();
}

Value VmSide::build_pin(Value item) {
  const Value pin = evaluator_.pin(item);
  // So that what is found out about it is stored, and taken from there.
  if (!options_.code_cache.empty()) PLAN_CHECK(gc::pin_hash(pin).has_value());
  return pin;
}

std::optional<Value> VmSide::build_law(const Expr& e) {
  std::vector<Value> fields;
  if (!build_all(e.parts, true, &fields) || fields.size() != 3) return std::nullopt;
  if (!fields[0].is_nat() || !fields[1].is_nat() || fields[1] == small_nat(0)) return std::nullopt;
  return gc::make_law(evaluator_.heap(), fields[0], fields[1], fields[2]);
}

std::optional<Value> VmSide::build_set(const std::vector<Value>& keys) {
  gc::Heap& heap = evaluator_.heap();
  const Value set = gc::make_law(heap, small_nat(1), small_nat(2), gc::make_row(heap, keys));
  if (!is_set(set)) return std::nullopt;
  return set;
}

std::optional<Value> VmSide::build_application(const Expr& e, bool is_value) {
  std::vector<Value> parts;
  if (!build_all(e.parts, is_value, &parts) || parts.empty()) return std::nullopt;
  const std::span<const Value> arguments = std::span(parts).subspan(1);
  if (arguments.empty()) return parts[0];
  if (!is_value) return evaluator_.suspend(parts[0], arguments);
  Result<Value> v = gc::build_application(evaluator_.heap(), parts[0], arguments);
  if (!v) return std::nullopt;
  return *v;
}

}  // namespace plan::differential
