// jit/codegen.cc: linear code -> LLVM IR: functions, their roots and ends; see Note [Shape of
// native code] in jit/codegen.h.
#include "jit/codegen.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/check.h"
#include "jit/codegen_block.h"

namespace plan::jit {

namespace {

constexpr uint32_t kNoGroup = ~uint32_t{0};

/// Instructions that always suspend: the code after them is reached only by coming back.
bool always_suspends(Op op) {
  return op == Op::kCall || op == Op::kCallKnown;
}

}  // namespace

void BlockGenerator::find_leaders() {
  label_at_.assign(b_.low.labels, 0);
  leader_.assign(code_.size() + 1, false);
  leader_[0] = true;
  for (size_t n = 0; n < code_.size(); ++n) {
    const Instruction& i = code_[n];
    if (i.binds_label != kNoLabel) {
      label_at_[i.binds_label] = n;
      leader_[n] = true;
      continue;
    }
    if (i.label != kNoLabel || !i.labels.empty() || vm::suspends(i.op) || vm::ends_path(i.op)) {
      leader_[n + 1] = true;
    }
    if (vm::elements_wanted(i) != 0) leader_[behind_elements(n)] = true;
  }
}

/// Where control goes from instruction n without coming back from a suspension.
std::vector<size_t> BlockGenerator::flow_successors(size_t n) const {
  const Instruction& i = code_[n];
  if (i.binds_label != kNoLabel) return {n + 1};
  if (i.op == Op::kSelfTail && !in_registers_) return {0};  // else see emit_self_tail()
  if (vm::ends_path(i.op) || always_suspends(i.op)) return {};
  std::vector<size_t> result;
  if (i.op != Op::kJump && i.op != Op::kSwitch && i.op != Op::kTabSwitch) result.push_back(n + 1);
  if (i.label != kNoLabel) result.push_back(at_label(i.label));
  for (const uint32_t label : i.labels) result.push_back(at_label(label));
  return result;
}

std::vector<size_t> BlockGenerator::resume_successors(size_t n) const {
  std::vector<size_t> result{n + 1};
  if (is_compare_branch(code_[n].op)) result.push_back(at_label(code_[n].label));
  return result;
}

/// The first instruction after those that take the result of call `n` apart.
size_t BlockGenerator::behind_elements(size_t n) const {
  size_t at = n + 1;
  const auto takes = [&](const Instruction& i) {
    if (i.binds_label != kNoLabel || i.op != Op::kIdx) return false;
    return !i.operands[0].is_constant && i.operands[0].slot == code_[n].dst;
  };
  while (at < code_.size() && takes(code_[at])) ++at;
  return at;
}

/// Whether instruction n is one of these, for some call.
bool BlockGenerator::is_taken_apart(size_t n) const {
  for (size_t call = n; call-- > 0;) {
    if (vm::elements_wanted(code_[call]) != 0) return n < behind_elements(call);
    if (code_[call].binds_label != kNoLabel || code_[call].op != Op::kIdx) return false;
  }
  return false;
}

std::vector<size_t> BlockGenerator::successors_of(const Root& root) const {
  if (root.instruction < 0) return {0};
  const auto n = static_cast<size_t>(root.instruction);
  if (root.has_elements) return {behind_elements(n)};
  return resume_successors(n);
}

/// Roots that reach a common leader share a function (a union of sets of roots).
void BlockGenerator::group_roots() {
  roots_.push_back({});
  for (size_t n = 0; n < b_.resumes.size(); ++n) {
    if (b_.resumes[n] == nullptr || facts_[n].empty()) continue;
    if (!vm::may_suspend(code_[n], facts_[n])) continue;
    root_of_[n] = static_cast<uint32_t>(roots_.size());
    roots_.push_back({static_cast<int64_t>(n)});
    if (vm::elements_wanted(code_[n]) == 0) continue;
    root_with_elements_[n] = static_cast<uint32_t>(roots_.size());
    roots_.push_back({static_cast<int64_t>(n), true});
  }
  std::vector<uint32_t> parent(roots_.size());
  std::iota(parent.begin(), parent.end(), 0u);
  const auto find = [&](uint32_t x) {
    while (parent[x] != x) x = parent[x] = parent[parent[x]];
    return x;
  };
  std::vector<uint32_t> owner(code_.size() + 1, kNoGroup);  // per instruction: a root reaching it
  for (uint32_t r = 0; r < roots_.size(); ++r) {
    std::vector<size_t> work = successors_of(roots_[r]);
    while (!work.empty()) {
      const size_t n = work.back();
      work.pop_back();
      if (n >= code_.size()) continue;
      if (owner[n] != kNoGroup) {
        parent[find(r)] = find(owner[n]);
        continue;
      }
      owner[n] = r;
      for (const size_t next : flow_successors(n)) work.push_back(next);
    }
  }
  std::map<uint32_t, uint32_t> number;
  for (uint32_t r = 0; r < roots_.size(); ++r) {
    const auto [at, fresh] = number.emplace(find(r), static_cast<uint32_t>(bodies_.size()));
    if (fresh) bodies_.emplace_back();
    roots_[r].group = at->second;
    bodies_[at->second].roots.push_back(r);
  }
  group_of_.assign(code_.size() + 1, kNoGroup);
  for (size_t n = 0; n < code_.size(); ++n) {
    if (owner[n] != kNoGroup) group_of_[n] = roots_[owner[n]].group;
  }
}

void BlockGenerator::declare() {
  facts_ = vm::facts_before(b_.low, b_.small_arguments);
  find_leaders();
  find_loop();
  group_roots();
  for (Body& body : bodies_) {
    const bool shared = body.roots.size() > 1;
    uint32_t state = 0;
    for (const uint32_t r : body.roots) {
      std::string suffix =
          roots_[r].instruction < 0 ? "" : "." + std::to_string(roots_[r].instruction);
      if (roots_[r].has_elements) suffix += ".elements";
      roots_[r].function = s_.new_function(name_ + suffix);
      roots_[r].state = state++;
    }
    const bool own_function = shared && !(body.roots[0] == 0 && entered_by_record());
    body.function = own_function
                        ? s_.new_function(name_ + ".body" + std::to_string(body.roots[0]))
                        : roots_[body.roots[0]].function;
  }
  entry_ = in_registers_ && !b_.is_special() ? s_.new_function(name_ + ".entry")
                                             : roots_[0].function;
  for (size_t n = 0; n < code_.size(); ++n) {
    const Instruction& i = code_[n];
    uint32_t words = static_cast<uint32_t>(i.operands.size()) + 4;
    if (!b_.live[n].empty()) {
      for (const uint64_t part : b_.live[n]) words += static_cast<uint32_t>(llvm::popcount(part));
    }
    stack_need_ = std::max(stack_need_, words);
  }
  stack_need_ += parameters_ + kStackSlackWords;
}

// --- Leaving.

void BlockGenerator::tail(IrValue callee, IrValue sp, std::vector<IrValue> registers,
                          IrValue r7) {
  std::vector<IrValue> args{sp, hp(), body_->vm};
  for (uint32_t r = 0; r < kRegisters; ++r) {
    IrValue v = llvm::PoisonValue::get(s_.word);
    if (r < registers.size() && registers[r] != nullptr) v = registers[r];
    if (r == kStateRegister && r7 != nullptr) v = r7;
    args.push_back(v);
  }
  llvm::CallInst* call = ir_.CreateCall(s_.evaluates, callee, args);
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  ir_.CreateRetVoid();
}

IrValue BlockGenerator::push_words(IrValue sp, const std::vector<IrValue>& words) {
  IrValue to = at(sp, -static_cast<int64_t>(words.size()));
  for (size_t k = 0; k < words.size(); ++k) {
    ir_.CreateStore(words[k], at(to, static_cast<int64_t>(k)));
  }
  return to;
}

IrValue BlockGenerator::push_frame(size_t n) {
  std::vector<IrValue> words{record(b_.resumes[n])};
  for (uint32_t slot = 0; slot < b_.low.slots; ++slot) {
    if (vm::is_live(b_.live[n], slot)) words.push_back(load(body_->slots[slot]));
  }
  return push_words(sp(), words);
}

void BlockGenerator::return_value(IrValue v) {
  IrValue top = sp();
  IrValue info = load_pointer(top);
  tail(load_pointer(info), top, {v});
}

/// Whether row `n` gets something that is suspended right before.
bool BlockGenerator::holds_new_thunk(size_t n) const {
  return std::any_of(code_[n].operands.begin(), code_[n].operands.end(), [&](const Operand& o) {
    for (size_t k = n; k-- > 0 && code_[k].binds_label == kNoLabel && !o.is_constant;) {
      if (code_[k].has_dst && code_[k].dst == o.slot) return code_[k].op == Op::kThunk;
    }
    return false;
  });
}

/// The instruction that makes the row which the law makes only to return it, if that is likely to
/// be taken apart: not a cell of a lazy list.
std::optional<size_t> BlockGenerator::row_returned_at(size_t n) const {
  if (!is_law_) return std::nullopt;  // a thunk keeps its value
  Operand returned = code_[n].operands[0];
  for (size_t k = n; k-- > 0 && !returned.is_constant;) {
    const Instruction& i = code_[k];
    if (i.binds_label != kNoLabel || !i.has_dst || i.dst != returned.slot) return std::nullopt;
    if (i.op == Op::kRow) {
      const bool fits = !i.operands.empty() && i.operands.size() <= vm::kResultElementsMax;
      return fits && !holds_new_thunk(k) ? std::optional(k) : std::nullopt;
    }
    if (i.op != Op::kMove) return std::nullopt;
    returned = i.operands[0];
  }
  return std::nullopt;
}

/// Whether instruction n makes such a row, or moves it to where it is returned.
bool BlockGenerator::is_row_of_return(size_t n) const {
  size_t at = n;
  while (at < code_.size() && code_[at].binds_label == kNoLabel &&
         (code_[at].op == Op::kRow || code_[at].op == Op::kMove)) {
    ++at;
  }
  if (at == code_.size() || code_[at].binds_label != kNoLabel || code_[at].op != Op::kRet) {
    return false;
  }
  const std::optional<size_t> row = row_returned_at(at);
  return row && *row <= n;
}

/// See Note [Elements in registers] in jit/codegen.h.
void BlockGenerator::return_row(const Instruction& row) {
  const std::vector<IrValue> elements = arguments(row, 0);
  IrValue top = sp();
  IrValue info = load_pointer(top);
  const auto in_record = [&](uint32_t offset) {
    return ir_.CreateConstInBoundsGEP1_64(ir_.getInt8Ty(), info, offset);
  };
  IrValue wanted = ir_.CreateLoad(ir_.getInt8Ty(), in_record(s_.runtime.info_elements));
  BasicBlock* registers = new_block("elements");
  BasicBlock* heap = new_block("row");
  IrValue enough = ir_.CreateICmpULE(wanted, ir_.getInt8(static_cast<uint8_t>(elements.size())));
  branch_unlikely(enough, registers, heap);
  ir_.SetInsertPoint(registers);
  tail(load_pointer(in_record(s_.runtime.info_elements_entry)), top, elements);
  ir_.SetInsertPoint(heap);
  IrValue header = constant(make_header(Kind::kRow, elements.size()));
  IrValue made = allocate(header, elements, kTagData);
  tail(load_pointer(info), top, {made});
}

IrValue BlockGenerator::call_helper(const void* target, IrValue a, IrValue b) {
  allocates_[emitting_] = true;
  ir_.CreateStore(hp(), in_vm(s_.runtime.heap_hp));
  IrValue result = ir_.CreateCall(s_.helper, address(target), {body_->vm, a, b});
  ir_.CreateStore(load_pointer(in_vm(s_.runtime.heap_hp)), body_->hp);
  return result;
}

// --- Roots.

BasicBlock* BlockGenerator::block_at(size_t n) {
  if (!in_loop_ || !in_loop_code_[n]) return first_form_at(n);
  if (loop_block_at_[n] == nullptr) loop_block_at_[n] = new_block("small");
  return loop_block_at_[n];
}

BasicBlock* BlockGenerator::first_form_at(size_t n) {
  if (block_at_[n] == nullptr) {
    block_at_[n] = BasicBlock::Create(s_.context, "i" + std::to_string(n),
                                      bodies_[group_of_[n]].function);
  }
  return block_at_[n];
}

void BlockGenerator::goto_instruction(size_t n) { ir_.CreateBr(block_at(n)); }

/// Whether there is no room; or something else waits.
IrValue BlockGenerator::wants_safepoint(bool heap) {
  // Below the limit there is a reserve, so that small needs are not counted.
  IrValue lowest = sp();
  if (stack_need_ > kUncountedStackWords) lowest = at(lowest, -static_cast<int64_t>(stack_need_));
  IrValue low = ir_.CreateICmpULT(lowest, load_limit(s_.runtime.stack_limit));
  if (!heap) return low;
  IrValue full = ir_.CreateICmpUGT(hp(), load_limit(s_.runtime.hp_limit));
  return ir_.CreateOr(low, full);
}

/// Law: the arguments are in registers, or on the stack. Thunk: its captures are in the object.
void BlockGenerator::emit_entry(uint32_t root) {
  Function* f = body_->function;
  static_cast<void>(root);
  if (is_law_) {
    for (uint32_t p = 0; p < parameters_; ++p) {
      IrValue v = in_registers_ ? f->getArg(3 + p) : load(at(sp(), p));
      ir_.CreateStore(v, body_->slots[p]);
    }
    if (!in_registers_) ir_.CreateStore(at(sp(), parameters_), body_->sp);
    ir_.CreateBr(block_at(0));
    return;
  }
  IrValue thunk = f->getArg(3);
  BasicBlock* slow = new_block("poll");
  BasicBlock* go = new_block("enter");
  branch_unlikely(wants_safepoint(true), slow, go);
  ir_.SetInsertPoint(slow);
  tail(poll_stub(), sp(), {thunk});
  ir_.SetInsertPoint(go);
  IrValue o = object(thunk, kTagThunk);
  for (uint32_t p = 0; p < parameters_; ++p) {
    ir_.CreateStore(load(at(o, 1 + p)), body_->slots[p]);
  }
  IrValue header = ir_.CreateAnd(load(o), constant(~Word{0xff}));
  const Kind entered = b_.is_once ? Kind::kSpent : Kind::kBlackhole;
  ir_.CreateStore(ir_.CreateOr(header, constant(static_cast<Word>(entered))), o);
  if (b_.is_once) {
    ir_.CreateStore(sp(), body_->sp);
  } else {
    IrValue update = ir_.CreatePtrToInt(address(s_.runtime.update_info), s_.word);
    ir_.CreateStore(push_words(sp(), {update, thunk}), body_->sp);
  }
  goto_instruction(0);
}

/// Whether a safepoint may be wanted before the root goes on.
bool BlockGenerator::polls(uint32_t root) const {
  return roots_[root].instruction >= 0 && allocates_from(successors_of(roots_[root]));
}

/// The same, in assembly.
std::string BlockGenerator::poll_of(uint32_t root) const {
  if (!polls(root)) return "";
  if (!roots_[root].has_elements) return s_.resume_poll();
  const auto n = static_cast<size_t>(roots_[root].instruction);
  return s_.elements_poll(vm::elements_wanted(code_[n]));
}

void BlockGenerator::emit_resume(uint32_t root) {
  const auto n = static_cast<size_t>(roots_[root].instruction);
  const Instruction& i = code_[n];
  IrValue result = body_->function->getArg(3);
  if (body_->roots.size() == 1 && polls(root)) {
    BasicBlock* slow = new_block("poll");
    BasicBlock* go = new_block("resume");
    branch_unlikely(ir_.CreateICmpUGT(hp(), load_limit(s_.runtime.hp_limit)), slow, go);
    ir_.SetInsertPoint(slow);
    tail_to(s_.runtime.safepoint_slow, sp(), {result});
    ir_.SetInsertPoint(go);
  }
  pop_frame(n);
  if (is_compare_branch(i.op)) {
    ir_.CreateCondBr(ir_.CreateICmpNE(result, constant(0)), block_at(n + 1),
                     block_at(at_label(i.label)));
    return;
  }
  if (i.has_dst) ir_.CreateStore(result, body_->slots[i.dst]);
  ir_.CreateBr(block_at(n + 1));
}

void BlockGenerator::pop_frame(size_t n) {
  int64_t word = 1;
  for (uint32_t slot = 0; slot < b_.low.slots; ++slot) {
    if (vm::is_live(b_.live[n], slot)) ir_.CreateStore(load(at(sp(), word++)), body_->slots[slot]);
  }
  ir_.CreateStore(at(sp(), word), body_->sp);
}

/// What takes the elements one by one has nothing to do any more.
void BlockGenerator::emit_resume_with_elements(uint32_t root) {
  const auto n = static_cast<size_t>(roots_[root].instruction);
  const size_t behind = behind_elements(n);
  std::vector<IrValue> elements;
  for (uint32_t k = 0; k < vm::elements_wanted(code_[n]); ++k) {
    elements.push_back(body_->function->getArg(3 + k));
  }
  if (body_->roots.size() == 1 && polls(root)) {
    BasicBlock* slow = new_block("poll");
    BasicBlock* go = new_block("resume");
    branch_unlikely(ir_.CreateICmpUGT(hp(), load_limit(s_.runtime.hp_limit)), slow, go);
    ir_.SetInsertPoint(slow);
    // A row of those that are wanted will do.
    IrValue header = constant(make_header(Kind::kRow, elements.size()));
    tail_to(s_.runtime.safepoint_slow, sp(), {place(header, elements, kTagData)});
    ir_.SetInsertPoint(go);
  }
  pop_frame(n);
  IrValue row = ir_.CreatePtrToInt(address(s_.runtime.some_row), s_.word);
  ir_.CreateStore(row, body_->slots[code_[n].dst]);
  for (size_t k = n + 1; k < behind; ++k) set(code_[k], elements[code_[k].immediate >> 1]);
  ir_.CreateBr(block_at(behind));
}

/// Begins the function that holds the group's code.
void BlockGenerator::open_body(Body& body) {
  body_ = &body;
  Function* f = body.function;
  body.start = BasicBlock::Create(s_.context, "start", f);
  ir_.SetInsertPoint(body.start);
  body.vm = f->getArg(2);
  body.sp = ir_.CreateAlloca(s_.pointer);
  body.hp = ir_.CreateAlloca(s_.pointer);
  for (uint32_t slot = 0; slot < b_.low.slots; ++slot) {
    body.slots.push_back(ir_.CreateAlloca(s_.word));
  }
  ir_.CreateStore(f->getArg(0), body.sp);
  ir_.CreateStore(f->getArg(1), body.hp);
}

/// Whether code that is reached from the instructions in `work` without suspending may allocate.
bool BlockGenerator::allocates_from(std::vector<size_t> work) const {
  std::vector<bool> seen(code_.size() + 1, false);
  while (!work.empty()) {
    const size_t n = work.back();
    work.pop_back();
    if (n >= code_.size() || seen[n]) continue;
    seen[n] = true;
    if (allocates_[n]) return true;
    for (const size_t next : flow_successors(n)) work.push_back(next);
  }
  return false;
}

/// Emitted last, when it is known which code allocates.
void BlockGenerator::emit_roots(uint32_t group) {
  body_ = &bodies_[group];
  Function* f = body_->function;
  ir_.SetInsertPoint(body_->start);
  const auto emit_root = [&](uint32_t r) {
    if (roots_[r].instruction < 0) {
      emit_entry(r);
    } else if (roots_[r].has_elements) {
      emit_resume_with_elements(r);
    } else {
      emit_resume(r);
    }
  };
  if (body_->roots.size() == 1) {
    emit_root(body_->roots[0]);
    return;
  }
  IrValue state = f->getArg(3 + kStateRegister);
  BasicBlock* first = new_block("root");
  llvm::SwitchInst* dispatch = ir_.CreateSwitch(state, first);
  for (const uint32_t r : body_->roots) {
    BasicBlock* block = r == body_->roots[0] ? first : new_block("root");
    if (block != first) dispatch->addCase(ir_.getInt64(roots_[r].state), block);
    ir_.SetInsertPoint(block);
    emit_root(r);
  }
  // What others jump to sets the state and passes everything on.
  for (const uint32_t r : body_->roots) {
    if (roots_[r].function == body_->function) continue;
    s_.define_stub(roots_[r].function, body_->function,
                   poll_of(r) + "  movl $" + std::to_string(roots_[r].state) + ", %r9d\n");
  }
}

void BlockGenerator::define() {
  block_at_.assign(code_.size() + 1, nullptr);
  allocates_.assign(code_.size(), false);
  for (Body& body : bodies_) open_body(body);
  emit_code();
  emit_loop();
  if (is_law_) emit_turn_poll();
  for (uint32_t group = 0; group < bodies_.size(); ++group) emit_roots(group);
  if (in_registers_ && !b_.is_special()) {
    // The general entry: arguments from the stack into registers.
    std::string text;
    for (uint32_t p = 0; p < parameters_; ++p) {
      text += "  movq " + std::to_string(p * sizeof(Word)) + "(%r12), %" + kRegisterNames[p] + "\n";
    }
    text += "  addq $" + std::to_string(parameters_ * sizeof(Word)) + ", %r12\n";
    if (entered_by_record()) text += "  movl $-1, %r9d\n";  // no state
    s_.define_stub(entry_, roots_[0].function, text);
  }
}

/// What comes before each turn of a loop and each entry. Arguments that are all small go to the
/// variant made for them.
void BlockGenerator::emit_turn_poll() {
  body_ = &bodies_[group_of_[0]];
  ir_.SetInsertPoint(block_at(0));
  std::vector<IrValue> params;
  for (uint32_t p = 0; p < parameters_; ++p) params.push_back(load(body_->slots[p]));
  if (special_ != nullptr) {
    BasicBlock* special = new_block("special");
    BasicBlock* general = new_block("general");
    ir_.CreateCondBr(not_small(special_->b_.small_arguments, params, nullptr), general, special);
    ir_.SetInsertPoint(special);
    enter_worker(*special_, sp(), params);
    ir_.SetInsertPoint(general);
  }
  BasicBlock* slow = new_block("poll");
  BasicBlock* go = has_loop() ? new_block("polled") : turn_;
  branch_unlikely(wants_safepoint(allocates_from({0})), slow, go);
  if (has_loop()) emit_loop_poll(go, slow);
  ir_.SetInsertPoint(slow);
  params.clear();
  for (uint32_t p = 0; p < parameters_; ++p) params.push_back(load(body_->slots[p]));
  if (in_registers_) {
    tail(poll_stub(), sp(), params);
    return;
  }
  request_stack();
  tail_to(s_.runtime.safepoint_apply, push_words(sp(), params),
          {reference(s_.function), record(b_.info), constant(parameters_)});
}

/// The safepoint before the entry: of a law, whose arguments are in registers, or of a thunk.
Function* BlockGenerator::poll_stub() {
  Function* stub = s_.new_function(name_ + ".poll");
  std::string text = "  movq $" + std::to_string(stack_need_) + ", " +
                     std::to_string(s_.runtime.stack_request) + "(%r14)\n";
  if (is_law_) {
    text += "  subq $" + std::to_string(parameters_ * sizeof(Word)) + ", %r12\n";
    for (uint32_t p = 0; p < parameters_; ++p) {
      text += std::string("  movq %") + kRegisterNames[p] + ", " +
              std::to_string(p * sizeof(Word)) + "(%r12)\n";
    }
    const Slot function{SlotKind::kConstant, s_.numbers.number_of(s_.function), 0};
    const Slot record{SlotKind::kRecord, s_.numbers.number_of(b_.info), 0};
    text += "  movq " + s_.slot_address(function) + ", %r15\n  movq " + s_.slot_address(record) +
            ", %rdi\n  movl $" + std::to_string(parameters_) + ", %esi\n";
  }
  const void* target = is_law_ ? s_.runtime.safepoint_apply : s_.runtime.safepoint_thunk;
  s_.define(stub, text + "  jmpq *" + s_.address_of(target) + "\n");
  return stub;
}

/// True if one of the arguments in `wanted`, bits, is not small; null if all are known to be, being
/// operands of `i`.
IrValue BlockGenerator::not_small(uint32_t wanted, const std::vector<IrValue>& args,
                                  const Instruction* i) {
  IrValue bits = nullptr;
  for (uint32_t p = 0; p < std::min(parameters_, 32u); ++p) {
    if (((wanted >> p) & 1) == 0 || (i != nullptr && known(i->operands[p], kSmall))) continue;
    bits = bits == nullptr ? args[p] : ir_.CreateOr(bits, args[p]);
  }
  return bits == nullptr ? nullptr : is_odd(bits);
}

void BlockGenerator::emit_code() {
  for (size_t n = 0; n < code_.size(); ++n) {
    if (group_of_[n] == kNoGroup) continue;
    if (leader_[n]) {
      if (n > 0 && ir_.GetInsertBlock()->getTerminator() == nullptr) goto_instruction(n);
      body_ = &bodies_[group_of_[n]];
      ir_.SetInsertPoint(block_at(n));
      if (n == 0 && is_law_) {
        // The poll stands before it, see emit_turn_poll().
        turn_ = new_block("turn");
        ir_.SetInsertPoint(turn_);
      }
    }
    emitting_ = n;
    emit(n);
  }
}

namespace {

/// Where a word has to be for the instruction that uses it.
llvm::Instruction* place_before(llvm::Use& use) {
  auto* user = llvm::cast<llvm::Instruction>(use.getUser());
  if (auto* phi = llvm::dyn_cast<llvm::PHINode>(user)) {
    return phi->getIncomingBlock(use)->getTerminator();
  }
  return user;
}

}  // namespace

void load_slots(GeneratedModule& generated) {
  llvm::Module& module = *generated.module;
  llvm::LLVMContext& context = module.getContext();
  auto* word = llvm::Type::getInt64Ty(context);
  auto* type = llvm::ArrayType::get(word, generated.slots.size());
  auto* table = new llvm::GlobalVariable(module, type, false, llvm::GlobalValue::ExternalLinkage,
                                         llvm::ConstantAggregateZero::get(type), kSlotsSymbol);
  table->setVisibility(llvm::GlobalValue::HiddenVisibility);
  table->setDSOLocal(true);
  table->setAlignment(llvm::Align(sizeof(Word)));
  llvm::MDNode* empty = llvm::MDNode::get(context, {});
  for (uint32_t k = 0; k < generated.slots.size(); ++k) {
    llvm::GlobalVariable* slot = module.getNamedGlobal(slot_name(k));
    llvm::convertUsersOfConstantsToInstructions({slot});
    while (!slot->use_empty()) {
      llvm::Use& use = *slot->use_begin();
      llvm::Instruction* before = place_before(use);
      IRBuilder<> ir(before);
      llvm::LoadInst* load = ir.CreateAlignedLoad(
          slot->getType(), ir.CreateConstInBoundsGEP1_64(word, table, k), llvm::Align(8));
      load->setMetadata(llvm::LLVMContext::MD_invariant_load, empty);
      // A block that comes several times before a phi must bring the same value each time.
      if (auto* phi = llvm::dyn_cast<llvm::PHINode>(use.getUser())) {
        phi->setIncomingValueForBlock(phi->getIncomingBlock(use), load);
      } else {
        use.set(load);
      }
    }
    slot->eraseFromParent();
  }
}

GeneratedModule generate(llvm::LLVMContext& context, const vm::TierRequest& request,
                         const vm::TierRuntime& runtime) {
  GeneratedModule result;
  result.module = std::make_unique<llvm::Module>(request.name, context);
  // Native code calls direct code on slow paths only, and that realigns the stack by itself
  // (TierRuntime); so fast paths need no prologue.
  result.module->setOverrideStackAlignment(8);
  Shared shared(*result.module, request, runtime);
  std::vector<std::unique_ptr<BlockGenerator>> blocks;
  for (size_t k = 0; k < request.blocks.size(); ++k) {
    const bool is_law = k == 0 || request.blocks[k].is_special();
    blocks.push_back(std::make_unique<BlockGenerator>(shared, request.blocks[k],
                                                      static_cast<uint32_t>(k), is_law));
    blocks.back()->declare();
    if (request.blocks[k].is_special()) {
      blocks[0]->set_special(blocks[k].get());
      blocks[k]->set_general(blocks[0].get());
    }
  }
  shared.law = blocks[0].get();
  const auto add = [&](const Function* f) {
    result.entries.push_back(f != nullptr ? f->getName().str() : "");
  };
  for (size_t k = 0; k < blocks.size(); ++k) {
    blocks[k]->define();
    add(blocks[k]->entry());
    add(blocks[k]->worker());
    for (size_t n = 0; n < request.blocks[k].resumes.size(); ++n) {
      if (request.blocks[k].resumes[n] == nullptr) continue;
      add(blocks[k]->resume(n));
      if (vm::elements_wanted(request.blocks[k].low.instructions[n]) != 0) {
        add(blocks[k]->resume_with_elements(n));
      }
    }
  }
  result.slots = std::move(shared.slots);
  return result;
}

}  // namespace plan::jit
