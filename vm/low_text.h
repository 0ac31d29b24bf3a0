// vm/low_text.h: linear code as text, for --dump-ir and for tests.
//
//   block of 2, 6 slots
//     s2 = is_nat s0
//     if s2 else L0
//     s3 = idx 1 s1
//     s3 = force s3            ; live s0
//     ret s3
//   L0:
//     s4 = thunk {(a2 7)} s1
//     tail_call s0 s4
//
// An instruction is called as in vm/ops.def. Between its name and its operands stand what it knows
// beforehand: an index, how to compare, the function, or in braces the suspended expression, with
// `once` before it if the thunk is not updated.
#pragma once

#include "vm/ir_text.h"
#include "vm/low_code.h"

#include <string>

namespace plan::vm {

enum class LiveSets : uint8_t { kHide, kShow };

/// Text of `low`, a line for each instruction. kShow adds the slots that each suspension keeps.
std::string print_low_code(const LowCode& low, ConstantNames& names,
                           LiveSets live = LiveSets::kHide);
/// Text of one instruction, without a line end.
std::string print_instruction(const Instruction& i, ConstantNames& names);

}  // namespace plan::vm
