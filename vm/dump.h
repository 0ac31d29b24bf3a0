// vm/dump.h: --dump-ir, the forms of one law on standard error.
#pragma once

#include "value/value.h"

#include <string>
#include <string_view>

namespace plan::vm {

struct Law;
struct LowCode;
struct Machine;

/// Whether `wanted` asks for `function`, a law or the pin around one: by the law's name, or by at
/// least eight hexadecimal digits that the pin's hash begins with.
bool is_named(const std::string& wanted, Value function);
/// Whether Options::dump_ir asks for it; Machine::has_dumped_ir remembers that something did.
bool wants_dump(Machine& vm, Value function);

// Nothing is printed unless wants_dump(). `stage` says where the law is on its way.
void dump_law(Machine& vm, Value function, const Law& law, std::string_view stage);
void dump_low_code(Machine& vm, Value function, const LowCode& low, std::string_view stage);

}  // namespace plan::vm
