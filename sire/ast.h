// sire/ast.h: expressions of Sire after reading: what the inliner and the compiler work on.
//
//   kind       spec/sire.md section 6    here
//   kVariable  V n                       level of the binder
//   kConstant  K v                       constant
//   kGlobal    G b                       binding
//   kApply     A (A f x1) .. xn          parts = f x1 .. xn; f is no kApply
//   kLet       L v b                     parts = v b; v is outside the binder
//   kLetrec    R vs b                    parts = vs.. b
//   kMark      M x                       parts = x
//   kLambda    F ..                      lambda
//
// A variable is named by its *level*, the number of binders around the binder it means, counted
// from the outside; the specification counts from the inside (index = depth - 1 - level). A level
// stays what it is when an expression is put under more binders, so only what an expression binds
// itself has to be renumbered then. See move_to in sire/inline.cc.
//
// Lifecycle  : nodes live in an AstArena and never change.
// Limits     : kAstHeightMax bounds the height of every expression, so passes may recurse; they run
//              on a stack made for it (base/large_stack.h). A list of arguments is not height.
#pragma once

#include "gc/heap.h"
#include "sire/symbol.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace plan::sire {

struct Binding;

inline constexpr uint32_t kAstHeightMax = 20'000;
/// Parameters of one function.
inline constexpr uint32_t kParametersMax = 1'000'000;

enum class AstKind : uint8_t {
  kVariable,
  kConstant,
  kGlobal,
  kApply,
  kLet,
  kLetrec,
  kMark,
  kLambda,
};

/// A constant in an expression. See ConstantPool.
struct Constant {
  Word word = 0;
};

struct Lambda;

struct Ast {
  AstKind kind;
  bool has_binders;  ///< is or contains a let, letrec or lambda
  uint32_t height;   ///< longest way down
  uint32_t count;    ///< kApply: arguments; kLetrec: values; kVariable: the level
  union {
    Constant constant;
    const Binding* binding;
    const Ast* const* parts;
    const Lambda* lambda;
  };

  uint32_t level() const { return count; }
  const Ast* function() const { return parts[0]; }
  std::span<const Ast* const> arguments() const { return {parts + 1, count}; }
  const Ast* let_value() const { return parts[0]; }
  const Ast* let_body() const { return parts[1]; }
  std::span<const Ast* const> letrec_values() const { return {parts, count}; }
  const Ast* letrec_body() const { return parts[count]; }
  const Ast* marked() const { return parts[0]; }
};

struct Lambda {
  bool pin = false;
  bool mark = false;
  bool recursive = false;  ///< the body, as read, mentions the function itself
  Symbol tag = kNoSymbol;
  uint32_t parameters = 0;
  /// Levels of the body: self is the depth of the lambda, then the parameters, first to last.
  /// Null in the lambda of a global until somebody asks; see Inliner::body_of.
  mutable const Ast* body = nullptr;
};

/// Keeps the constants of expressions alive, and knows where they are: what cannot move stands in
/// the expression itself, the rest is found by number.
class ConstantPool {
 public:
  explicit ConstantPool(gc::Heap& heap) : heap_(heap), values_(heap) {}
  Constant add(Value v);
  Value get(Constant c) const {
    const Value v{c.word};
    return v.is_thunk() ? values_.values[c.word >> 3] : v;
  }
  void clear() { values_.values.clear(); }

 private:
  gc::Heap& heap_;
  gc::RootList values_;
};

/// Makes expressions, and frees them together.
class AstArena {
 public:
  const Ast* variable(uint32_t level);
  const Ast* constant(Constant c);
  const Ast* global(const Binding* binding);
  /// `function` may be an application: then the arguments join its own.
  const Ast* apply(const Ast* function, std::span<const Ast* const> arguments);
  const Ast* let(const Ast* value, const Ast* body);
  const Ast* letrec(std::span<const Ast* const> values, const Ast* body);
  const Ast* mark(const Ast* operand);
  const Ast* lambda(const Lambda& lambda);

  template <typename T>
  T* make(const T& value) {
    return new (allocate(sizeof(T))) T(value);
  }
  /// A list to be filled.
  template <typename T>
  std::span<T> list(size_t count) {
    return {static_cast<T*>(allocate(count * sizeof(T))), count};
  }
  /// Frees everything made so far.
  void clear();

 private:
  void* allocate(size_t bytes) {
    if (bytes > left_bytes_) [[unlikely]]
      return allocate_slow(bytes);
    void* const result = next_;
    next_ += bytes;
    left_bytes_ -= bytes;
    return result;
  }
  void* allocate_slow(size_t bytes);
  Ast* node(AstKind kind, uint32_t count, std::span<const Ast* const> before, const Ast* last);

  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* next_ = nullptr;
  size_t left_bytes_ = 0;
};

/// Does the variable with this level occur in `e`?
bool mentions(const Ast* e, uint32_t level);

}  // namespace plan::sire
