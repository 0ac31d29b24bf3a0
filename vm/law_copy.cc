// vm/law_copy.cc: encoding of IR as a law, and where copies are kept.
//
// Recursion: as deep as expressions are nested, which decoding and inlining bound.
#include "vm/law_copy.h"

#include "gc/make.h"
#include "gc/region.h"
#include "vm/machine.h"

namespace plan::vm {

namespace {

Value application(gc::Heap& heap, uint64_t op, Value a, Value b) {
  const Value parts[2] = {a, b};
  return gc::make_partial(heap, small_nat(op), parts);
}

Value encode(gc::Heap& heap, const Expr* e) {
  if (e->kind == Expr::Kind::kVariable) return small_nat(e->variable);
  if (e->kind == Expr::Kind::kConstant) {
    return gc::make_partial(heap, small_nat(2), {&e->value, 1});
  }
  Value v = encode(heap, e->head);
  for (const Expr* a : e->args) v = application(heap, 0, v, encode(heap, a));
  return v;
}

}  // namespace

Code& keeper_of_copies(Machine& vm, Value function) {
  gc::Region* region = is_pin(function) ? gc::pin_region(function) : gc::law_region(function);
  if (region->codes == nullptr) function_info(vm, function);
  auto* code = static_cast<Code*>(region->codes);
  while (code->next != nullptr) code = code->next;
  return *code;
}

Value find_copy(const Code& keeper, const std::vector<Word>& key) {
  for (const Code::Copy& copy : keeper.copies) {
    if (copy.key == key) return copy.law;
  }
  return small_nat(0);
}

Value law_value(gc::Heap& heap, const Law& law, Value name) {
  Value body = encode(heap, law.body);
  for (size_t i = law.lets.size(); i-- > 0;) {
    body = application(heap, 1, encode(heap, law.lets[i]), body);
  }
  // By its name it may look like a bar or a set, but only what it does counts.
  return gc::make_law_object(heap, name, small_nat(law.args), body);
}

Value keep_copy(Machine& vm, Code& keeper, const std::vector<Word>& key, const Law& copy,
                Value name) {
  gc::Heap& heap = vm.heap;
  // What is built on the way is not needed once the law is in a region of its own.
  Word* const mark = heap.hp;
  const Value law = law_value(heap, copy, name);
  heap.hp = mark;
  share_copy(vm, keeper, key, law);
  keeper_of_copies(vm, law).generation = keeper.generation + 1;
  return law;
}

void share_copy(Machine& vm, Code& keeper, const std::vector<Word>& key, Value copy) {
  keeper.copies.push_back({key, copy, std::make_unique<gc::Root>(vm.heap, copy)});
}

Leaves leaves_of_body(Value body, uint32_t max) {
  const auto is_code = [](Value v, uint64_t op) {
    return is_closure(v) && closure_size(v) == 2 && closure_head(v) == small_nat(op);
  };
  Leaves leaves;
  std::vector<Value> pending{body};
  while (!pending.empty() && leaves.count <= max) {
    const Value v = pending.back();
    pending.pop_back();
    if (is_code(v, 0) || is_code(v, 1)) {
      pending.push_back(closure_arg(v, 0));
      pending.push_back(closure_arg(v, 1));
      continue;
    }
    ++leaves.count;
    leaves.mention_law = leaves.mention_law || v == small_nat(0);
  }
  return leaves;
}

}  // namespace plan::vm
