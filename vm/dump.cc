// vm/dump.cc: which laws are shown, and showing them.
#include "vm/dump.h"

#include "base/file.h"
#include "gc/hash.h"
#include "value/object.h"
#include "vm/ir_text.h"
#include "vm/low_text.h"
#include "vm/machine.h"

#include <string>

namespace plan::vm {

namespace {

constexpr int kStandardError = 2;
constexpr size_t kHashDigitsMin = 8;

bool has_name(Value law, std::string_view name) {
  uint64_t scratch = 0;
  const std::span<const uint64_t> limbs = nat_limbs(law_name(law), scratch);
  const std::string_view bytes(reinterpret_cast<const char*>(limbs.data()), limbs.size() * 8);
  return bytes.substr(0, bytes.find_last_not_of('\0') + 1) == name;
}

bool has_hash(Value pin, std::string_view digits) {
  if (digits.size() < kHashDigitsMin || digits.size() > 64) return false;
  if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  Result<const Hash256*> hash = gc::pin_hash(pin);
  if (!hash) return false;
  for (size_t i = 0; i < digits.size(); ++i) {
    const unsigned byte = (**hash)[i / 2];
    if (digits[i] != "0123456789abcdef"[i % 2 == 0 ? byte >> 4 : byte & 15]) return false;
  }
  return true;
}

void show(Value function, std::string_view stage, const std::string& text, ConstantNames& names) {
  write_all(kStandardError,
            "; " + print_constant(function, names) + " " + std::string(stage) + "\n" + text + "\n");
}

}  // namespace

bool wants_dump(Machine& vm, Value function) {
  const bool wants = is_named(vm.options.dump_ir, function);
  vm.has_dumped_ir = vm.has_dumped_ir || wants;
  return wants;
}

bool is_named(const std::string& wanted, Value function) {
  if (wanted.empty()) return false;
  const Value law = is_pin(function) ? pin_item(function) : function;
  if (!is_law(law)) return false;
  return has_name(law, wanted) || (is_pin(function) && has_hash(function, wanted));
}

void dump_law(Machine& vm, Value function, const Law& law, std::string_view stage) {
  if (!wants_dump(vm, function)) return;
  ConstantNames names;
  show(function, stage, print_law(law, names), names);
}

void dump_low_code(Machine& vm, Value function, const LowCode& low, std::string_view stage) {
  if (!wants_dump(vm, function)) return;
  ConstantNames names;
  show(function, stage, print_low_code(low, names, LiveSets::kShow), names);
}

}  // namespace plan::vm
