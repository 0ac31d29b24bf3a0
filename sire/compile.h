// sire/compile.h: one function to one law: lambda lifting and code (spec/sire.md 9.3 and 9.4).
//
// Exactness  : jets are found by the hash of the law, so every choice here is fixed: the order of
//              parameters and lets follows the order in which keys are first completely seen.
// Allocates only. May fail: nesting beyond kExpDepthMax.
#pragma once

#include "sire/exp.h"
#include "vm/eval.h"

#include <optional>
#include <vector>

namespace plan::sire {

/// Substituting what is used once can nest deeper than the source did.
inline constexpr uint32_t kExpDepthMax = 200'000;

struct Function {
  bool pin = false;
  Value tag;
  Key self = 0;
  Key first_own = 0;  ///< keys from here on are its own, smaller ones are free in it
  std::vector<Key> parameters;
  const Exp* body = nullptr;
};

struct CompiledFunction {
  Value law;
  std::vector<Key> free;  ///< keys of functions around it, which the law takes first
};

class Compiler {
 public:
  Compiler(vm::Evaluator& evaluator, AstArena& arena, KeyTable& keys)
      : evaluator_(evaluator), heap_(evaluator.heap()), make_{arena}, keys_(keys) {}

  /// `next` is the first unused key. Leaves keys from `function.first_own` on clear. Nothing if the
  /// function nests too deeply. The function has a parameter.
  std::optional<CompiledFunction> compile(Function function, Key next);

 private:
  bool count_uses(const Function& function);
  bool visit(const Exp* e, uint32_t depth);
  void forget_uses();
  Value generate_law(const Function& function);
  Value generate(const Exp* e, uint32_t depth);
  Value quote(Value v);
  bool is_bound_here(Key k) const { return k >= first_own_ && keys_[k].bound != nullptr; }

  vm::Evaluator& evaluator_;
  gc::Heap& heap_;
  ExpMaker make_;
  KeyTable& keys_;
  Key first_own_ = 0;
  uint64_t max_reference_ = 0;
  bool too_deep_ = false;
  std::vector<Key> order_;  // keys used, by first completion
  std::vector<Key> seen_;
};

}  // namespace plan::sire
