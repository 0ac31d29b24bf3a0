// sire/ingest.h: inlined expressions to the form with keys; functions in them to laws.
//
// Functions become constants here, inside out (spec/sire.md section 9.2), and applications of
// constants that stay short of their arity become constants too.
//
// Allocates only. Fails with an Outcome-like reason: too deep, or a function without parameters,
// which is the crash of (0 tag 0 body).
#pragma once

#include "sire/compile.h"

namespace plan::sire {

enum class IngestFailure : uint8_t { kNone, kTooDeep, kNoParameters };

class Ingester {
 public:
  Ingester(vm::Evaluator& evaluator, const SymbolTable& symbols, const ConstantPool& pool,
           AstArena& arena)
      : heap_(evaluator.heap()),
        symbols_(symbols),
        pool_(pool),
        make_{arena},
        compiler_(evaluator, arena, keys_) {}

  /// The closed expression `e`; null if that failed. Keys are bound in keys().
  const Exp* run(const Ast* e);
  IngestFailure failure() const { return failure_; }
  KeyTable& keys() { return keys_; }
  /// After run(): the law of one parameter, name 0, with the result of run() as its body. Clears
  /// the keys. Nothing if it nests too deeply.
  std::optional<Value> law_around(const Exp* body);

 private:
  const Exp* go(const Ast* e);
  const Exp* go_apply(const Ast* e);
  const Exp* go_let(const Ast* e);
  const Exp* go_letrec(const Ast* e);
  const Exp* go_lambda(const Ast* e);
  Key fresh() {
    if (keys_.size() <= next_) keys_.resize(next_ + 1);
    return next_++;
  }

  gc::Heap& heap_;
  const SymbolTable& symbols_;
  const ConstantPool& pool_;
  ExpMaker make_;
  KeyTable keys_;
  Compiler compiler_;
  Key next_ = 0;
  std::vector<const Exp*> levels_;  // what each variable stands for
  IngestFailure failure_ = IngestFailure::kNone;
};

}  // namespace plan::sire
