// vm/decode.cc: law body -> IR.
#include <algorithm>

#include "base/check.h"
#include "value/object.h"
#include "vm/ir_build.h"

namespace plan::vm {

namespace {

/// The closure `v` is exactly `op` with `n` arguments.
bool is_code(Value v, uint64_t op, uint64_t n) {
  return is_closure(v) && closure_size(v) == n && closure_head(v) == small_nat(op);
}

struct Decoder {
  Law& law;
  uint32_t nodes = 0;
  // Of the spines under way, outermost first: what is still to be decoded, and what is.
  std::vector<Value> waiting;
  std::vector<const Expr*> done;

  const Expr* decode(Value v, uint32_t depth) {
    ++nodes;
    if (v.is_small() && v.small() < law.slots) {
      return make_variable(law, static_cast<uint32_t>(v.small()));
    }
    if (is_code(v, 2, 1)) return make_constant(law, closure_arg(v, 0));
    if (!is_code(v, 0, 2)) return make_constant(law, v);
    if (depth > kDecodeDepthMax || nodes > kDecodeNodesMax) {
      return make_deferred(law, v);
    }
    return decode_spine(v, depth);
  }

  const Expr* decode_spine(Value v, uint32_t depth) {
    const size_t first_waiting = waiting.size();
    const size_t first_done = done.size();
    while (is_code(v, 0, 2)) {
      waiting.push_back(closure_arg(v, 1));
      v = closure_arg(v, 0);
    }
    const Expr* head = decode(v, depth + 1);
    while (waiting.size() > first_waiting) {
      const Value next = waiting.back();
      waiting.pop_back();
      done.push_back(decode(next, depth + 1));
    }
    const Expr* made = make_apply(law, head, std::span(done).subspan(first_done));
    done.resize(first_done);
    return made;
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

const Expr* decode_expression(Law& law, Value body) {
  return Decoder{.law = law, .waiting = {}, .done = {}}.decode(body, 0);
}

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
  group_lets(law);
}

}  // namespace plan::vm
