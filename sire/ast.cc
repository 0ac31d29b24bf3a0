// sire/ast.cc: the arena of expressions, and the pool of constants.
#include "sire/ast.h"

#include "base/check.h"

#include <algorithm>
#include <cstring>

namespace plan::sire {

namespace {
constexpr size_t kChunkBytes = size_t{64} << 10;
}  // namespace

Constant ConstantPool::add(Value v) {
  if (!v.is_pointer()) return {v.word};
  // What is pinned does not move, but has to be kept alive all the same.
  values_.values.push_back(v);
  if (heap_.is_pinned(v.object())) return {v.word};
  return {(static_cast<Word>(values_.values.size() - 1) << 3) | kTagThunk};
}

void* AstArena::allocate_slow(size_t bytes) {
  const size_t chunk = std::max(bytes, kChunkBytes);
  chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(chunk));
  std::byte* const result = chunks_.back().get();
  if (chunk - bytes >= left_bytes_) {
    next_ = result + bytes;
    left_bytes_ = chunk - bytes;
  }
  return result;
}

void AstArena::clear() {
  if (chunks_.empty()) return;
  chunks_.resize(1);  // the first one is of the ordinary size or larger
  next_ = chunks_.front().get();
  left_bytes_ = kChunkBytes;
}

Ast* AstArena::node(AstKind kind, uint32_t count, std::span<const Ast* const> before,
                    const Ast* last) {
  auto* const parts = static_cast<const Ast**>(allocate((before.size() + 1) * sizeof(Ast*)));
  std::copy(before.begin(), before.end(), parts);
  parts[before.size()] = last;
  auto* const made = static_cast<Ast*>(allocate(sizeof(Ast)));
  made->kind = kind;
  made->count = count;
  made->parts = parts;
  made->has_binders = kind == AstKind::kLet || kind == AstKind::kLetrec;
  uint32_t height = 0;
  for (size_t i = 0; i <= before.size(); ++i) {
    height = std::max(height, parts[i]->height);
    made->has_binders |= parts[i]->has_binders;
  }
  made->height = height + 1;
  return made;
}

const Ast* AstArena::variable(uint32_t level) {
  return make(Ast{AstKind::kVariable, false, 1, level, {}});
}

const Ast* AstArena::constant(Constant c) {
  return make(Ast{AstKind::kConstant, false, 1, 0, {c}});
}

const Ast* AstArena::global(const Binding* binding) {
  Ast* const made = make(Ast{AstKind::kGlobal, false, 1, 0, {}});
  made->binding = binding;
  return made;
}

const Ast* AstArena::apply(const Ast* function, std::span<const Ast* const> arguments) {
  if (arguments.empty()) return function;
  const Ast* head = function;
  std::span<const Ast* const> first;
  if (function->kind == AstKind::kApply) {
    head = function->function();
    first = function->arguments();
  }
  const size_t count = first.size() + arguments.size();
  auto* const parts = static_cast<const Ast**>(allocate((count + 1) * sizeof(Ast*)));
  parts[0] = head;
  std::copy(first.begin(), first.end(), parts + 1);
  std::copy(arguments.begin(), arguments.end(), parts + 1 + first.size());
  Ast* const made = make(Ast{AstKind::kApply, false, 0, static_cast<uint32_t>(count), {}});
  made->parts = parts;
  for (size_t i = 0; i <= count; ++i) {
    made->height = std::max(made->height, parts[i]->height);
    made->has_binders |= parts[i]->has_binders;
  }
  made->height++;
  return made;
}

const Ast* AstArena::let(const Ast* value, const Ast* body) {
  return node(AstKind::kLet, 0, {&value, 1}, body);
}

const Ast* AstArena::letrec(std::span<const Ast* const> values, const Ast* body) {
  return node(AstKind::kLetrec, static_cast<uint32_t>(values.size()), values, body);
}

const Ast* AstArena::mark(const Ast* operand) {
  return node(AstKind::kMark, 0, {}, operand);
}

const Ast* AstArena::lambda(const Lambda& lambda) {
  Ast* const made = make(Ast{AstKind::kLambda, true, 0, 0, {}});
  made->lambda = make(lambda);
  made->height = lambda.body->height + 1;
  return made;
}

}  // namespace plan::sire
