// vm/decode.cc: law body -> IR.
#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "value/object.h"
#include "vm/ir.h"

namespace plan::vm {

namespace {

/// The closure `v` is exactly `op` with `n` arguments.
bool is_code(Value v, uint64_t op, uint64_t n) {
  return is_closure(v) && closure_size(v) == n && closure_head(v) == small_nat(op);
}

Expr* new_expr(Law& law, Expr::Kind kind) {
  law.arena.push_back(std::make_unique<Expr>());
  law.arena.back()->kind = kind;
  return law.arena.back().get();
}

const Expr* constant(Law& law, Value v) {
  Expr* e = new_expr(law, Expr::Kind::kConstant);
  e->value = v;
  return e;
}

struct Decoder {
  Law& law;
  uint32_t nodes = 0;

  const Expr* decode(Value v, uint32_t depth) {
    ++nodes;
    if (v.is_small() && v.small() < law.slots) {
      Expr* e = new_expr(law, Expr::Kind::kVariable);
      e->variable = static_cast<uint32_t>(v.small());
      return e;
    }
    if (is_code(v, 2, 1)) return constant(law, closure_arg(v, 0));
    if (!is_code(v, 0, 2)) return constant(law, v);
    if (depth > kDecodeDepthMax || nodes > kDecodeNodesMax) {
      Expr* e = new_expr(law, Expr::Kind::kDeferred);
      e->value = v;
      return e;
    }
    return decode_spine(v, depth);
  }

  const Expr* decode_spine(Value v, uint32_t depth) {
    std::vector<Value> reversed;
    while (is_code(v, 0, 2)) {
      reversed.push_back(closure_arg(v, 1));
      v = closure_arg(v, 0);
    }
    Expr* e = new_expr(law, Expr::Kind::kApply);
    e->head = decode(v, depth + 1);
    if (e->head->kind == Expr::Kind::kConstant && is_closure(e->head->value)) {
      const Value closure = e->head->value;
      for (uint64_t i = 0; i < closure_size(closure); ++i) {
        e->args.push_back(constant(law, closure_arg(closure, i)));
      }
      e->head = constant(law, closure_head(closure));
    }
    for (size_t i = reversed.size(); i-- > 0;) e->args.push_back(decode(reversed[i], depth + 1));
    e->size = e->head->size;
    for (const Expr* a : e->args) e->size += a->size;
    return e;
  }
};

void add_variables_of_value(const Law& law, Value body, std::vector<uint32_t>& out) {
  std::vector<Value> pending{body};
  while (!pending.empty()) {
    const Value v = pending.back();
    pending.pop_back();
    if (v.is_small() && v.small() < law.slots) {
      out.push_back(static_cast<uint32_t>(v.small()));
    } else if (is_code(v, 0, 2)) {
      pending.push_back(closure_arg(v, 0));
      pending.push_back(closure_arg(v, 1));
    }
  }
}

/// Strongly connected components of the lets, iteratively (Tarjan 1972).
struct LetGroups {
  Law& law;
  uint32_t first;  // variable of let 0
  std::vector<std::vector<uint32_t>> uses;
  std::vector<uint32_t> index, low;
  std::vector<bool> on_stack;
  std::vector<uint32_t> stack;
  uint32_t next_index = 1;

  void finish(uint32_t let) {
    if (low[let] != index[let]) return;
    std::vector<uint32_t> members;
    uint32_t member = 0;
    do {
      member = stack.back();
      stack.pop_back();
      on_stack[member] = false;
      members.push_back(first + member);
      law.order.push_back(first + member);
    } while (member != let);
    const bool cyclic =
        members.size() > 1 ||
        std::find(uses[let].begin(), uses[let].end(), first + let) != uses[let].end();
    if (!cyclic) return;
    std::sort(members.begin(), members.end());
    for (const uint32_t variable : members) {
      law.group[variable - first] = static_cast<uint32_t>(law.groups.size());
    }
    law.groups.push_back(std::move(members));
  }

  void visit(uint32_t root) {
    struct Frame {
      uint32_t let;
      size_t next;
    };
    std::vector<Frame> path;
    const auto enter = [&](uint32_t let) {
      index[let] = low[let] = next_index++;
      stack.push_back(let);
      on_stack[let] = true;
      path.push_back({let, 0});
    };
    enter(root);
    while (!path.empty()) {
      const uint32_t let = path.back().let;
      if (path.back().next < uses[let].size()) {
        const uint32_t variable = uses[let][path.back().next++];
        if (variable < first) continue;
        const uint32_t other = variable - first;
        if (index[other] == 0) {
          enter(other);
        } else if (on_stack[other]) {
          low[let] = std::min(low[let], index[other]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().let] = std::min(low[path.back().let], low[let]);
      finish(let);
    }
  }
};

}  // namespace

std::vector<uint32_t> variables_of(const Law& law, const Expr* e) {
  std::vector<uint32_t> out;
  std::vector<const Expr*> pending{e};
  while (!pending.empty()) {
    const Expr* x = pending.back();
    pending.pop_back();
    switch (x->kind) {
      case Expr::Kind::kVariable: out.push_back(x->variable); break;
      case Expr::Kind::kConstant: break;
      case Expr::Kind::kDeferred: add_variables_of_value(law, x->value, out); break;
      case Expr::Kind::kApply:
        pending.push_back(x->head);
        pending.insert(pending.end(), x->args.begin(), x->args.end());
        break;
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (!out.empty() && out.front() == 0) out.erase(out.begin());
  return out;
}

const Expr* decode_expression(Law& law, Value body) { return Decoder{law}.decode(body, 0); }

void decode_law(Value law_value, Law& law) {
  PLAN_ASSERT(is_law(law_value));
  const Value args = law_args(law_value);
  law.args = static_cast<uint32_t>(args.small());
  std::vector<Value> lets;
  Value body = law_body(law_value);
  while (is_code(body, 1, 2)) {
    lets.push_back(closure_arg(body, 0));
    body = closure_arg(body, 1);
  }
  law.slots = 1 + law.args + static_cast<uint32_t>(lets.size());
  for (const Value v : lets) law.lets.push_back(decode_expression(law, v));
  law.body = decode_expression(law, body);
  law.group.assign(lets.size(), 0);
  law.groups.resize(1);
  if (lets.empty()) return;
  const auto n = static_cast<uint32_t>(lets.size());
  LetGroups groups{law, 1 + law.args, {}, std::vector<uint32_t>(n), std::vector<uint32_t>(n),
                   std::vector<bool>(n), {}};
  for (const Expr* let : law.lets) groups.uses.push_back(variables_of(law, let));
  for (uint32_t i = 0; i < n; ++i) {
    if (groups.index[i] == 0) groups.visit(i);
  }
}

}  // namespace plan::vm
