// vm/lower.cc: tail context, and blocks from law to linear code; see vm/lowering.h.
#include <algorithm>

#include "vm/dump.h"
#include "vm/lowering.h"
#include "vm/results.h"
#include "vm/usage.h"

namespace plan::vm {

void Lowering::tail(const Expr* e) {
  switch (e->kind) {
    case Expr::Kind::kConstant:
      if (e->value.is_whnf()) {
        ret(constant_operand(e->value));
      } else {
        emit(Op::kRetEval).operands = {constant_operand(e->value)};
      }
      return;
    case Expr::Kind::kVariable: tail_variable(e->variable); return;
    case Expr::Kind::kDeferred: emit_ret_eval(thunk_of(e)); return;
    case Expr::Kind::kApply: tail_apply(e); return;
  }
}

void Lowering::tail_variable(uint32_t v) {
  if (v == 0) {
    ret(constant_operand(code.function));
    return;
  }
  if (variables[v].state == Variable::State::kUnbuilt && group_of(v) == 0 &&
      may_copy_let(let_of(v))) {
    tail(let_of(v));
    return;
  }
  const Operand o = variable_operand(v);
  if (variables[v].whnf) {
    ret(o);
  } else {
    emit_ret_eval(o);
  }
}

void Lowering::tail_apply(const Expr* e) {
  const Head h = head_of(e);
  const size_t n = e->args.size();
  if (!h.is_known || n > h.arity) {
    tail_unknown(e);
    return;
  }
  if (n == h.arity && h.jet && tail_control(*h.jet, e)) return;
  const bool direct = n < h.arity || is_complete_row(h, n) || is_increment(h);
  if (direct) {
    ret(strict_apply(e, new_slot()));
    return;
  }
  if (h.jet && tail_primop(*h.jet, e)) return;
  if (!h.function.is_function() || is_closure(h.function)) {
    tail_unknown(e);
    return;
  }
  if (h.function == code.function && block.is_law && !h.jet) {
    next_turn(h, e);
    return;
  }
  std::vector<Operand> args = arguments(h, e);
  Instruction& i = emit(Op::kTailKnown);
  i.operands = std::move(args);
  i.callee = function_info(vm, h.function);
  i.function = h.function;
}

void Lowering::tail_unknown(const Expr* e) {
  std::vector<Operand> operands = call_operands(e);
  emit(Op::kTailCall).operands = std::move(operands);
}

bool Lowering::tail_primop(JetId jet, const Expr* e) {
  if (jet == JetId::kIdx || jet == JetId::kGet) {
    const auto element = element_of(jet, e, new_slot());
    if (element) emit_ret_eval(*element);
    return element.has_value();
  }
  const auto result = strict_primop(jet, e, new_slot());
  if (!result) return false;
  ret(*result);
  return true;
}

void Lowering::pass_on(const Version& version) {
  const uint32_t label = new_label();
  const uint32_t slot = next_slot;
  std::vector<uint32_t> functions;
  for (const SeenFunction& seen : version.seen) {
    functions.push_back(new_slot());
    emit_to(Op::kIfFunction, functions.back(), {slot_operand(seen.parameter)}, seen.held);
    out.back().function = seen.function;
    out.back().label = label;
  }
  std::vector<Operand> args;
  size_t next = 0;
  for (uint32_t p = 0; p < parameters; ++p) {
    if (next == version.seen.size() || version.seen[next].parameter != p) {
      args.push_back(slot_operand(variables[1 + p].slot));
      continue;
    }
    // As `idx` counts: from the last.
    const Operand f = slot_operand(functions[next]);
    for (uint32_t k = version.seen[next].held; k-- > 0;) {
      args.push_back(emit_to(Op::kIdx, new_slot(), {f}, small_nat(k).word));
    }
    ++next;
  }
  Instruction& i = emit(Op::kTailKnown);
  i.operands = std::move(args);
  i.callee = function_info(vm, version.copy);
  i.function = version.copy;
  bind(label);
  next_slot = slot;
}

namespace {

/// Whether the copy, that calls are passed on to, enters parameter `p` of the law once at most.
bool is_once_in_copy(Machine& vm, const Version& version, uint32_t p) {
  uint32_t at = p;
  for (const SeenFunction& seen : version.seen) {
    if (seen.parameter == p) return true;  // a function: there is nothing to enter
    if (seen.parameter < p) at = at + seen.held - 1;
  }
  return is_entered_once(vm, version.copy, at);
}

}  // namespace

void Lowering::share_parameters() {
  if (code.is_primop) return;  // each has a slot, where it is evaluated once
  const uint64_t promised = usage_of(vm, code.function);
  const std::vector<bool>& once = code.ir.once;
  code.ir.shared.resize(parameters);
  for (uint32_t p = 0; p < std::min(parameters, kUsageMax); ++p) {
    if ((promised >> p & 1) == 0) continue;
    const bool keeps = !once.empty() && once[1 + p] &&
                       std::all_of(code.versions.begin(), code.versions.end(),
                                   [&](const Version& v) { return is_once_in_copy(vm, v, p); });
    if (keeps) continue;
    const Expr*& e = code.ir.shared[p];
    if (e == nullptr) e = make_variable(code.ir, 1 + p);
    const Operand thunk = thunk_of(e);
    variables[1 + p] = {Variable::State::kSlot, false, thunk.slot};
  }
}

LowCode Lowering::run() {
  const Law& ir = code.ir;
  if (block.is_law) {
    if (has_pass(Pass::kOnce)) share_parameters();
    for (const Version& version : code.versions) pass_on(version);
  }
  if (block.is_law && builds_lets_in_order()) {
    // In this order every let finds what it uses already built, so nothing nests.
    for (const uint32_t v : ir.order) variable_operand(v);
  }
  tail(block.body);
  return LowCode{std::move(out), parameters, max_slot, labels};
}

std::vector<LiveSet> live_after_suspension(const LowCode& low) {
  const size_t words = (low.slots + 63) / 64 + 1;
  const std::vector<Instruction>& out = low.instructions;
  std::vector<LiveSet> result(out.size());
  std::vector<LiveSet> at_label(low.labels);
  LiveSet live(words, 0);
  const auto merge = [&live](const LiveSet& other) {
    for (size_t k = 0; k < other.size(); ++k) live[k] |= other[k];
  };
  for (size_t n = out.size(); n-- > 0;) {
    const Instruction& i = out[n];
    if (i.binds_label != kNoLabel) {
      at_label[i.binds_label] = live;
      continue;
    }
    if (ends_path(i.op) || i.op == Op::kJump) std::fill(live.begin(), live.end(), 0);
    if (i.label != kNoLabel) merge(at_label[i.label]);
    for (const uint32_t label : i.labels) merge(at_label[label]);
    if (i.has_dst) live[i.dst / 64] &= ~(uint64_t{1} << (i.dst % 64));
    if (i.op == Op::kSelfTail) {
      LiveSet loop(words, 0);
      for (uint32_t p = 0; p < low.parameters; ++p) loop[p / 64] |= uint64_t{1} << (p % 64);
      result[n] = std::move(loop);
    } else if (suspends(i.op)) {
      // A fused comparison that suspends re-reads nothing: only what comes after is live.
      result[n] = live;
    }
    for (const Operand& o : i.operands) {
      if (!o.is_constant) live[o.slot / 64] |= uint64_t{1} << (o.slot % 64);
    }
  }
  return result;
}

LowCode lower_block(Machine& vm, Block& block) {
  Lowering lowering(vm, block);
  LowCode low = lowering.run();
  if (lowering.has_pass(Pass::kResults)) take_results_apart(low);
  dump_low_code(vm, block.code->function, low, block.is_law ? "lowered" : "thunk, lowered");
  return low;
}

namespace {

/// The law f a1 .. an = f a1 .. an, for an f that lowering turns into instructions.
void apply_to_arguments(Value function, Law& law) {
  law.args = static_cast<uint32_t>(gc::eval_arity(function));
  law.slots = 1 + law.args;
  law.groups.resize(1);
  std::vector<const Expr*> args;
  for (uint32_t i = 1; i <= law.args; ++i) args.push_back(make_variable(law, i));
  law.body = make_apply(law, make_constant(law, function), args);
}

}  // namespace

void decode_block(Machine& vm, Block& block) {
  if (block.is_law && block.body == nullptr && block.code->is_primop) {
    apply_to_arguments(block.code->function, block.code->ir);
    block.body = block.code->ir.body;
    for (uint32_t i = 1; i <= block.code->ir.args; ++i) block.captured.push_back(i);
  }
  if (block.is_law && block.body == nullptr) {
    if (is_ir_jet(block.code->function)) {
      block.code->law = running_law(vm, block.code->function);
    }
    decode_law(block.code->law, block.code->ir);
    if (block.code->optimise || vm.options.optimise_always) {
      optimise_law(vm, block.code->ir, block.code->function, vm.options.passes);
    } else {
      prepare_law(vm, block.code->ir, block.code->function, vm.options.passes);
    }
    block.body = block.code->ir.body;
    for (uint32_t i = 1; i <= block.code->ir.args; ++i) block.captured.push_back(i);
  }
  if (block.body->kind == Expr::Kind::kDeferred) {
    const Expr* decoded = decode_expression(block.code->ir, block.body->value);
    // A deferred expression decodes to something else than itself: its own depth starts at 0.
    block.body = decoded;
  }
}

void compile_block(Machine& vm, Block& block) {
  PLAN_ASSERT(block.stream.empty());
  decode_block(vm, block);
  Code& code = *block.code;
  if (block.is_law) ++code.uncompiled;
  encode_block(vm, block, lower_block(vm, block));
  translate_new_block(vm, block);
  if (--code.uncompiled == 0) {
    // Nothing will be compiled from it again; most laws run once and would keep it for nothing.
    code.ir = Law{};
    code.entry.body = nullptr;
  }
}

}  // namespace plan::vm
