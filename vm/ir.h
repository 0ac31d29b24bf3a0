// vm/ir.h: the decoded body of a law, and what is known about heads.
//
// Decoding follows plan.md section 3: lets only on the top spine, everything else variables,
// constants and applications; application spines are flattened and the arguments of a constant
// closure at the head are joined to the call's ((<_Idx> 0) x becomes <_Idx> 0 x), because 98 % of
// the calls Sire emits look like that (design, optimiser study).
//
// Variables: 0 self, 1 .. args the arguments, then one per let.
// Limits     : expressions nested deeper than kDecodeDepthMax, or beyond kDecodeNodesMax nodes in
//              one block, stay undecoded (Expr::kDeferred) and become blocks of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "value/value.h"

namespace plan::vm {

inline constexpr uint32_t kDecodeDepthMax = 48;
inline constexpr uint32_t kDecodeNodesMax = 3000;

struct Block;

struct Expr {
  enum class Kind : uint8_t { kVariable, kConstant, kApply, kDeferred };
  Kind kind = Kind::kConstant;
  uint32_t variable = 0;      ///< kVariable
  uint32_t size = 1;          ///< leaves below
  Value value;                ///< kConstant; kDeferred: the undecoded body
  const Expr* head = nullptr; ///< kApply; never itself kApply
  std::vector<const Expr*> args;
  mutable Block* block = nullptr;  ///< the suspended form, once somebody built it
  mutable Block* once_block = nullptr;  ///< the one for single-entry thunks
};

/// All nodes of a law; none moves.
class ExprArena {
 public:
  Expr& add() {
    if (size_ == chunks_.size() * kChunkNodes) {
      chunks_.push_back(std::make_unique<Expr[]>(kChunkNodes));
    }
    Expr& e = chunks_.back()[size_ % kChunkNodes];
    ++size_;
    return e;
  }
  size_t size() const { return size_; }
  const Expr& operator[](size_t i) const { return chunks_[i / kChunkNodes][i % kChunkNodes]; }

 private:
  static constexpr size_t kChunkNodes = 16;

  std::vector<std::unique_ptr<Expr[]>> chunks_;
  size_t size_ = 0;
};

struct Law {
  uint32_t args = 0;
  uint32_t slots = 0;  ///< 1 + args + lets
  std::vector<const Expr*> lets;  ///< variable args+1+i
  std::vector<uint32_t> group;    ///< per let: cycle it belongs to, 0 if none
  std::vector<std::vector<uint32_t>> groups;  ///< members (variables) of each cycle; [0] unused
  std::vector<uint32_t> order;  ///< let variables, each after those it uses (cycles aside)
  const Expr* body = nullptr;
  /// Lets that one suspended expression uses are built inside it (pass `sink`).
  bool sinks = false;
  /// Of each variable, whether a thunk it stands for is entered once at most (pass `once`); empty:
  /// not known of any.
  std::vector<bool> once;
  /// Of each parameter: what an updated thunk around it evaluates (Lowering::share_parameters).
  std::vector<const Expr*> shared;
  ExprArena arena;
};

/// Decodes the body of `law_value` (a law). Direct code, allocates nothing in the heap.
void decode_law(Value law_value, Law& law);
/// Decodes a deferred expression of the same law.
const Expr* decode_expression(Law& law, Value body);
/// Variables (not self) used by `e`, ascending, deferred parts included.
std::vector<uint32_t> variables_of(const Law& law, const Expr* e);

}  // namespace plan::vm
