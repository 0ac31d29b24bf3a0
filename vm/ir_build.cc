// vm/ir_build.cc: nodes, and the cycles among lets.
#include "vm/ir_build.h"

#include "base/check.h"
#include "value/object.h"

#include <algorithm>

namespace plan::vm {

namespace {

Expr* new_expr(Law& law, Expr::Kind kind) {
  Expr& e = law.arena.add();
  e.kind = kind;
  return &e;
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
    const bool cyclic = members.size() > 1 || std::find(uses[let].begin(), uses[let].end(),
                                                        first + let) != uses[let].end();
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

std::vector<bool> used_lets(const Law& law) {
  const uint32_t first = 1 + law.args;
  std::vector<bool> used(law.lets.size());
  std::vector<const Expr*> pending{law.body};
  while (!pending.empty()) {
    const Expr* e = pending.back();
    pending.pop_back();
    for (const uint32_t v : variables_of(law, e)) {
      if (v < first || used[v - first]) continue;
      used[v - first] = true;
      pending.push_back(law.lets[v - first]);
    }
  }
  return used;
}

/// `e` with other numbers for its variables, itself if all stay the same.
const Expr* rename_variables(Law& law, const Expr* e, const std::vector<uint32_t>& renamed) {
  if (e->kind == Expr::Kind::kVariable) {
    const uint32_t v = renamed[e->variable];
    return v == e->variable ? e : make_variable(law, v);
  }
  if (e->kind != Expr::Kind::kApply) return e;
  const Expr* head = rename_variables(law, e->head, renamed);
  std::vector<const Expr*> args;
  for (const Expr* a : e->args) args.push_back(rename_variables(law, a, renamed));
  return head == e->head && args == e->args ? e : make_apply(law, head, args);
}

}  // namespace

const Expr* make_variable(Law& law, uint32_t variable) {
  PLAN_ASSERT(variable < law.slots);
  Expr* e = new_expr(law, Expr::Kind::kVariable);
  e->variable = variable;
  return e;
}

const Expr* make_constant(Law& law, Value value) {
  Expr* e = new_expr(law, Expr::Kind::kConstant);
  e->value = value;
  return e;
}

const Expr* make_deferred(Law& law, Value body) {
  Expr* e = new_expr(law, Expr::Kind::kDeferred);
  e->value = body;
  return e;
}

const Expr* make_apply(Law& law, const Expr* head, std::span<const Expr* const> args) {
  if (args.empty()) return head;
  Expr* e = new_expr(law, Expr::Kind::kApply);
  e->head = head;
  if (head->kind == Expr::Kind::kApply) {
    e->head = head->head;
    e->args.reserve(head->args.size() + args.size());
    e->args.assign(head->args.begin(), head->args.end());
  } else if (head->kind == Expr::Kind::kConstant && is_closure(head->value)) {
    const uint64_t before = closure_size(head->value);
    e->args.reserve(before + args.size());
    for (uint64_t i = 0; i < before; ++i) {
      e->args.push_back(make_constant(law, closure_arg(head->value, i)));
    }
    e->head = make_constant(law, closure_head(head->value));
  }
  e->args.insert(e->args.end(), args.begin(), args.end());
  e->size = e->head->size;
  for (const Expr* a : e->args) e->size += a->size;
  return e;
}

uint32_t add_let(Law& law, const Expr* e) {
  PLAN_ASSERT(law.slots == 1 + law.args + law.lets.size());
  law.lets.push_back(e);
  return law.slots++;
}

void group_lets(Law& law) {
  const size_t n = law.lets.size();
  law.group.assign(n, 0);
  law.groups.assign(1, {});
  law.order.clear();
  LetGroups groups{law,
                   1 + law.args,
                   {},
                   std::vector<uint32_t>(n),
                   std::vector<uint32_t>(n),
                   std::vector<bool>(n),
                   {}};
  for (const Expr* let : law.lets) groups.uses.push_back(variables_of(law, let));
  for (uint32_t i = 0; i < n; ++i) {
    if (groups.index[i] == 0) groups.visit(i);
  }
}

void remove_unused_lets(Law& law) {
  const uint32_t first = 1 + law.args;
  const std::vector<bool> used = used_lets(law);
  if (std::find(used.begin(), used.end(), false) == used.end()) return;
  std::vector<uint32_t> renamed(law.slots);
  for (uint32_t v = 0; v < first; ++v) renamed[v] = v;
  std::vector<const Expr*> lets;
  for (uint32_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    renamed[first + i] = first + static_cast<uint32_t>(lets.size());
    lets.push_back(law.lets[i]);
  }
  for (const Expr*& let : lets) let = rename_variables(law, let, renamed);
  law.body = rename_variables(law, law.body, renamed);
  law.slots = first + static_cast<uint32_t>(lets.size());
  law.lets = std::move(lets);
  group_lets(law);
}

bool has_deferred(const Law& law) {
  for (size_t i = 0; i < law.arena.size(); ++i) {
    if (law.arena[i].kind == Expr::Kind::kDeferred) return true;
  }
  return false;
}

}  // namespace plan::vm
