// vm/ops.h: the instructions of vm/ops.def as an enum, and their handlers.
#pragma once

#include <cstdint>

#include "vm/dispatch.h"

namespace plan::vm {

enum class Op : uint8_t {
#define PLAN_OP(name, layout) name,
#include "vm/ops.def"
#undef PLAN_OP
  kCount
};

/// What kLazyNat computes of two immediate nats, and what a kJet with such a jet may compute of
/// them at once.
enum class NatOp : uint8_t { kNone, kShiftRight, kShiftLeft, kAnd, kOr, kXor, kMin, kMax };
const char* nat_op_name(NatOp op);

/// Address of the handler: first word of the instruction.
Word op_handler(Op op);
const char* op_name(Op op);

inline constexpr uint32_t kConstantBit = uint32_t{1} << 31;

}  // namespace plan::vm
