// jit/codegen.cc: linear code -> LLVM IR; see Note [Shape of native code] in jit/codegen.h.
#include "jit/codegen.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/check.h"
#include "jit/llvm_ir.h"
#include "value/object.h"
#include "vm/low_facts.h"
#include "vm/primops.h"

namespace plan::jit {

namespace {

using llvm::BasicBlock;
using llvm::Function;
using llvm::IRBuilder;
using vm::Instruction;
using vm::kNoLabel;
using vm::Op;
using vm::Operand;
using vm::Fact;
using vm::is_compare_branch;
using vm::kEvaluated;
using vm::kNat;
using vm::kNothing;
using vm::kSmall;
using vm::TierBlock;

using IrValue = llvm::Value*;

constexpr uint32_t kRegisters = 7;
constexpr uint32_t kStateRegister = 6;  ///< index of r7
/// Where LLVM's preserve_none has r1 .. r7; sp, hp and vm are in r12, r13 and r14.
constexpr const char* kRegisterNames[kRegisters] = {"r15", "rdi", "rsi", "rdx", "rcx", "r8", "r9"};
constexpr uint32_t kStackSlackWords = 64;
constexpr uint32_t kUncountedStackWords = 256;

/// Instructions that always suspend: the code after them is reached only by coming back.
bool always_suspends(Op op) {
  return op == Op::kCall || op == Op::kCallKnown;
}

class BlockGenerator;

std::string slot_name(size_t number) { return kSlotsSymbol + std::to_string(number); }

/// Types and functions that all blocks of a request share.
struct Shared {
  llvm::LLVMContext& context;
  llvm::Module& module;
  const vm::TierRuntime& runtime;
  llvm::PointerType* pointer;
  llvm::IntegerType* word;
  llvm::FunctionType* evaluates;  ///< void(sp, hp, vm, r1 .. r7)
  llvm::FunctionType* helper;     ///< word(vm, word, word)
  llvm::MDNode* unlikely;
  Value function;
  const gc::Info* law_info;
  const BlockGenerator* law = nullptr;
  RequestWriter numbers;
  std::vector<Slot> slots;
  std::map<Slot, llvm::GlobalVariable*> slot_globals;
  llvm::Type* slot_type;  ///< nothing is known of it

  explicit Shared(llvm::Module& m, const vm::TierRequest& request, const vm::TierRuntime& r)
      : context(m.getContext()), module(m), runtime(r),
        pointer(llvm::PointerType::getUnqual(context)), word(llvm::Type::getInt64Ty(context)),
        function{request.function}, law_info(request.blocks[0].info), numbers(request),
        slot_type(llvm::StructType::create(context)) {
    std::vector<llvm::Type*> types(3, pointer);
    types.resize(3 + kRegisters, word);
    evaluates = llvm::FunctionType::get(llvm::Type::getVoidTy(context), types, false);
    helper = llvm::FunctionType::get(word, {pointer, word, word}, false);
    unlikely = llvm::MDBuilder(context).createBranchWeights(1, 2000);
  }

  /// Stubs are assembly: a trip through LLVM takes a good part of a millisecond per function.
  void define_stub(Function* stub, const Function* target, const std::string& instructions) {
    const std::string name = "\"" + stub->getName().str() + "\"";
    module.appendModuleInlineAsm(".text\n" + name + ":\n" + instructions + "  jmp \"" +
                                 target->getName().str() + "\"\n");
  }

  /// The word that a slot stands for, as a pointer; for the passes it is a constant. See Note
  /// [No addresses in code] in jit/codegen.h.
  llvm::Constant* slot(const Slot& slot) {
    const auto [at, fresh] = slot_globals.emplace(slot, nullptr);
    if (fresh) {
      slots.push_back(slot);
      at->second = new llvm::GlobalVariable(module, slot_type, false,
                                            llvm::GlobalValue::ExternalLinkage, nullptr,
                                            slot_name(slots.size() - 1));
    }
    return at->second;
  }

  Function* new_function(const std::string& name) {
    auto* f = Function::Create(evaluates, Function::ExternalLinkage,
                               std::string(kFunctionPrefix) + name, module);
    f->setCallingConv(llvm::CallingConv::PreserveNone);
    f->addFnAttr(llvm::Attribute::NoUnwind);
    f->setDSOLocal(true);
    return f;
  }
};

/// One root of a block: its entry (instruction < 0) or a resumption.
struct Root {
  int64_t instruction = -1;
  uint32_t group = 0;
  uint32_t state = 0;
  Function* function = nullptr;  ///< what others jump to
};

/// The function that holds the code of one group of roots.
struct Body {
  Function* function = nullptr;
  BasicBlock* start = nullptr;
  llvm::AllocaInst* sp = nullptr;
  llvm::AllocaInst* hp = nullptr;
  IrValue vm = nullptr;
  std::vector<llvm::AllocaInst*> slots;
  std::vector<uint32_t> roots;
};

class BlockGenerator {
 public:
  BlockGenerator(Shared& shared, const TierBlock& block, uint32_t number, bool is_law)
      : s_(shared), b_(block), code_(block.low.instructions), is_law_(is_law),
        parameters_(block.low.parameters),
        in_registers_(is_law && parameters_ >= 1 && parameters_ <= vm::kRegisterArguments),
        name_(std::to_string(number)), ir_(shared.context) {}

  /// Declares the functions, so that others can refer to them.
  void declare();
  void define();
  /// The generator of the variant for small arguments, if there is one.
  void set_special(BlockGenerator* special) { special_ = special; }
  void set_general(BlockGenerator* general) { general_ = general; }
  Function* entry() const { return entry_; }
  Function* worker() const { return in_registers_ ? roots_[0].function : nullptr; }
  /// Whether the worker tells an entry from a resumption by r7: the law's record, or a state.
  bool entered_by_record() const {
    return in_registers_ && bodies_[roots_[0].group].roots.size() > 1;
  }
  Function* resume(size_t n) const {
    const auto at = root_of_.find(n);
    return at == root_of_.end() ? nullptr : roots_[at->second].function;
  }

 private:
  // --- Control flow of the linear code.
  void find_leaders();
  std::vector<size_t> flow_successors(size_t n) const;
  std::vector<size_t> resume_successors(size_t n) const;
  size_t at_label(uint32_t label) const { return label_at_[label]; }
  void group_roots();

  // --- Building blocks.
  /// A word that is no address.
  IrValue constant(Word w) {
    PLAN_ASSERT(!s_.numbers.names(w));
    return ir_.getInt64(w);
  }
  /// A constant of the request. See Note [No addresses in code] in jit/codegen.h.
  IrValue reference(Value v) {
    if (v.is_small()) return ir_.getInt64(v.word);
    return slot_word({SlotKind::kConstant, s_.numbers.number_of(v), 0});
  }
  IrValue record_pointer(const gc::Info* info) {
    return s_.slot({SlotKind::kRecord, s_.numbers.number_of(info), 0});
  }
  IrValue record(const gc::Info* info) {
    return ir_.CreatePtrToInt(record_pointer(info), s_.word);
  }
  IrValue thunk_header_of(const gc::Info* info, size_t words) {
    return slot_word({SlotKind::kThunkHeader, s_.numbers.number_of(info),
                      static_cast<uint32_t>(words)});
  }
  /// One of the addresses in TierRuntime.
  IrValue address(const void* p) {
    return s_.slot({SlotKind::kRuntime, runtime_number(s_.runtime, p), 0});
  }
  IrValue slot_word(const Slot& slot) { return ir_.CreatePtrToInt(s_.slot(slot), s_.word); }
  IrValue at(IrValue base, int64_t words) {
    return ir_.CreateConstInBoundsGEP1_64(s_.word, base, static_cast<uint64_t>(words));
  }
  IrValue in_vm(uint32_t offset) {
    return ir_.CreateConstInBoundsGEP1_64(ir_.getInt8Ty(), body_->vm, offset);
  }
  IrValue load(IrValue from) { return ir_.CreateLoad(s_.word, from); }
  IrValue load_pointer(IrValue from) { return ir_.CreateLoad(s_.pointer, from); }
  /// Another thread or a signal may lower it: a loop must look again at every turn.
  IrValue load_limit(uint32_t offset) {
    llvm::LoadInst* limit = ir_.CreateAlignedLoad(s_.pointer, in_vm(offset), llvm::Align(8));
    limit->setAtomic(llvm::AtomicOrdering::Monotonic);
    return limit;
  }
  IrValue sp() { return load_pointer(body_->sp); }
  IrValue hp() { return load_pointer(body_->hp); }
  BasicBlock* new_block(const char* name) {
    return BasicBlock::Create(s_.context, name, body_->function);
  }
  void branch_unlikely(IrValue condition, BasicBlock* then, BasicBlock* otherwise) {
    ir_.CreateCondBr(condition, then, otherwise, s_.unlikely);
  }
  IrValue value_of(const Operand& o) {
    if (o.is_constant) return reference(o.value);
    return load(body_->slots[o.slot]);
  }
  bool known(const Operand& o, Fact fact) const {
    return vm::is_known(o, fact, facts_[emitting_]);
  }
  void set(const Instruction& i, IrValue v) { ir_.CreateStore(v, body_->slots[i.dst]); }
  IrValue tag_is(IrValue v, Word tag) {
    return ir_.CreateICmpEQ(ir_.CreateAnd(v, constant(kTagMask)), constant(tag));
  }
  IrValue is_odd(IrValue v) { return ir_.CreateTrunc(v, ir_.getInt1Ty()); }
  IrValue is_even(IrValue v) { return ir_.CreateNot(is_odd(v)); }
  IrValue object(IrValue v, Word tag) {
    return ir_.CreateIntToPtr(ir_.CreateSub(v, constant(tag)), s_.pointer);
  }
  IrValue kind_is(IrValue header, Kind kind) {
    return ir_.CreateICmpEQ(ir_.CreateAnd(header, constant(0xff)),
                            constant(static_cast<Word>(kind)));
  }
  IrValue bit(IrValue condition) {
    return ir_.CreateShl(ir_.CreateZExt(condition, s_.word), constant(1));
  }

  // --- Leaving.
  void tail(IrValue callee, IrValue sp, std::vector<IrValue> registers, IrValue r7 = nullptr);
  void tail_to(const void* target, IrValue sp, std::vector<IrValue> registers,
               IrValue r7 = nullptr) {
    tail(address(target), sp, std::move(registers), r7);
  }
  IrValue push_frame(size_t n);
  IrValue push_words(IrValue sp, const std::vector<IrValue>& words);
  void return_value(IrValue v);
  void poll_stack_and_heap(BasicBlock* slow, BasicBlock* go, bool heap);
  void enter_worker(const BlockGenerator& callee, IrValue sp, const std::vector<IrValue>& args);
  void emit_call(IrValue sp, const Instruction& i);
  void emit_apply(IrValue sp, const Instruction& i);
  std::vector<IrValue> arguments(const Instruction& i, size_t from) {
    std::vector<IrValue> result;
    for (size_t k = from; k < i.operands.size(); ++k) result.push_back(value_of(i.operands[k]));
    return result;
  }
  IrValue call_helper(const void* target, IrValue a, IrValue b);

  // --- Instructions.
  void open_body(Body& body);
  void emit_roots(uint32_t group);
  void emit_turn_poll();
  bool allocates_from(std::vector<size_t> work) const;
  IrValue not_small(const TierBlock& variant, const std::vector<IrValue>& args,
                    const Instruction* i);
  void emit_entry(uint32_t root);
  void emit_resume(uint32_t root);
  void emit_code();
  void emit(size_t n);
  void goto_instruction(size_t n);
  BasicBlock* block_at(size_t n);
  void emit_force(size_t n);
  void emit_function_test(size_t n);
  void emit_compare_branch(size_t n);
  void emit_switch(const Instruction& i);
  void emit_sum(const Instruction& i);
  void emit_long(size_t n);
  void emit_compare(size_t n);
  void emit_idx(const Instruction& i);
  void emit_lazy(const Instruction& i);
  IrValue must_suspend(const Instruction& i, IrValue x, IrValue y);
  IrValue compare_with_small(vm::CompareMode mode, IrValue x, IrValue y);
  IrValue immediate_result(vm::NatOp op, IrValue x, IrValue y, IrValue& overflow);
  void emit_jet(size_t n);
  IrValue jet_in_line(const Instruction& i, const std::vector<IrValue>& args, BasicBlock* other);
  IrValue element_at(IrValue index, IrValue sequence, Kind kind, BasicBlock* other);
  void emit_self_tail(size_t n);
  IrValue lazy_result(const Instruction& i, IrValue x, IrValue y, IrValue& overflow);
  void emit_lazy_idx(const Instruction& i);
  void emit_lazy_element(const Instruction& i);
  void emit_build(const Instruction& i);
  IrValue seen_through(const Operand& o);
  IrValue allocate(IrValue header, const std::vector<IrValue>& words, Word tag);
  IrValue allocate(Word header, const std::vector<IrValue>& words, Word tag) {
    return allocate(constant(header), words, tag);
  }
  IrValue truth(const Operand& o);
  IrValue is_nat(const Operand& o);
  IrValue compare_one_small(Op op, const Operand& a, const Operand& b);
  IrValue row_length_above(IrValue v, Word index, BasicBlock* other);

  Shared& s_;
  const TierBlock& b_;
  const std::vector<Instruction>& code_;
  bool is_law_;
  uint32_t parameters_;
  bool in_registers_;
  std::string name_;
  IRBuilder<> ir_;

  std::vector<size_t> label_at_;
  std::vector<bool> leader_;
  std::vector<uint32_t> group_of_;  ///< per leader
  std::vector<Root> roots_;         ///< [0]: the entry
  std::map<size_t, uint32_t> root_of_;  ///< by suspending instruction
  std::vector<Body> bodies_;        ///< per group
  Function* entry_ = nullptr;
  std::vector<BasicBlock*> block_at_;
  std::vector<vm::Facts> facts_;    ///< before each instruction
  Body* body_ = nullptr;
  BlockGenerator* special_ = nullptr;
  BlockGenerator* general_ = nullptr;  ///< of the variant
  BasicBlock* turn_ = nullptr;      ///< laws: the code after the poll
  std::vector<bool> allocates_;     ///< per instruction
  size_t emitting_ = 0;
  uint32_t stack_need_ = 0;         ///< most words pushed below sp at once
};

constexpr uint32_t kNoGroup = ~uint32_t{0};

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

/// Roots that reach a common leader share a function (a union of sets of roots).
void BlockGenerator::group_roots() {
  roots_.push_back({});
  for (size_t n = 0; n < b_.resumes.size(); ++n) {
    if (b_.resumes[n] == nullptr || facts_[n].empty()) continue;
    if (!vm::may_suspend(code_[n], facts_[n])) continue;
    root_of_[n] = static_cast<uint32_t>(roots_.size());
    roots_.push_back({static_cast<int64_t>(n), 0, 0, nullptr});
  }
  std::vector<uint32_t> parent(roots_.size());
  std::iota(parent.begin(), parent.end(), 0u);
  const auto find = [&](uint32_t x) {
    while (parent[x] != x) x = parent[x] = parent[parent[x]];
    return x;
  };
  std::vector<uint32_t> owner(code_.size() + 1, kNoGroup);  // per instruction: a root reaching it
  for (uint32_t r = 0; r < roots_.size(); ++r) {
    std::vector<size_t> work;
    if (roots_[r].instruction < 0) {
      work.push_back(0);
    } else {
      work = resume_successors(static_cast<size_t>(roots_[r].instruction));
    }
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
  group_roots();
  for (Body& body : bodies_) {
    const bool shared = body.roots.size() > 1;
    uint32_t state = 0;
    for (const uint32_t r : body.roots) {
      const std::string suffix =
          roots_[r].instruction < 0 ? "" : "." + std::to_string(roots_[r].instruction);
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

IrValue BlockGenerator::call_helper(const void* target, IrValue a, IrValue b) {
  allocates_[emitting_] = true;
  ir_.CreateStore(hp(), in_vm(s_.runtime.heap_hp));
  IrValue result = ir_.CreateCall(s_.helper, address(target), {body_->vm, a, b});
  ir_.CreateStore(load_pointer(in_vm(s_.runtime.heap_hp)), body_->hp);
  return result;
}

// --- Roots.

BasicBlock* BlockGenerator::block_at(size_t n) {
  if (block_at_[n] == nullptr) {
    block_at_[n] = BasicBlock::Create(s_.context, "i" + std::to_string(n),
                                      bodies_[group_of_[n]].function);
  }
  return block_at_[n];
}

void BlockGenerator::goto_instruction(size_t n) { ir_.CreateBr(block_at(n)); }

/// Goes to `go` if there is room, and continues in `slow`.
void BlockGenerator::poll_stack_and_heap(BasicBlock* slow, BasicBlock* go, bool heap) {
  // Below the limit there is a reserve, so that small needs are not counted.
  IrValue lowest = sp();
  if (stack_need_ > kUncountedStackWords) lowest = at(lowest, -static_cast<int64_t>(stack_need_));
  IrValue low = ir_.CreateICmpULT(lowest, load_limit(s_.runtime.stack_limit));
  if (heap) {
    IrValue full = ir_.CreateICmpUGT(hp(), load_limit(s_.runtime.hp_limit));
    low = ir_.CreateOr(low, full);
  }
  branch_unlikely(low, slow, go);
  ir_.SetInsertPoint(slow);
  ir_.CreateStore(constant(stack_need_), in_vm(s_.runtime.stack_request));
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
  poll_stack_and_heap(slow, go, true);
  tail_to(s_.runtime.safepoint_thunk, sp(), {thunk});
  ir_.SetInsertPoint(go);
  IrValue o = object(thunk, kTagThunk);
  for (uint32_t p = 0; p < parameters_; ++p) {
    ir_.CreateStore(load(at(o, 1 + p)), body_->slots[p]);
  }
  IrValue header = ir_.CreateAnd(load(o), constant(~Word{0xff}));
  ir_.CreateStore(ir_.CreateOr(header, constant(static_cast<Word>(Kind::kBlackhole))), o);
  IrValue update = ir_.CreatePtrToInt(address(s_.runtime.update_info), s_.word);
  IrValue to = push_words(sp(), {update, thunk});
  ir_.CreateStore(to, body_->sp);
  goto_instruction(0);
}

void BlockGenerator::emit_resume(uint32_t root) {
  const auto n = static_cast<size_t>(roots_[root].instruction);
  const Instruction& i = code_[n];
  IrValue result = body_->function->getArg(3);
  if (allocates_from(resume_successors(n))) {
    BasicBlock* slow = new_block("poll");
    BasicBlock* go = new_block("resume");
    branch_unlikely(ir_.CreateICmpUGT(hp(), load_limit(s_.runtime.hp_limit)), slow, go);
    ir_.SetInsertPoint(slow);
    tail_to(s_.runtime.safepoint_slow, sp(), {result});
    ir_.SetInsertPoint(go);
  }
  int64_t word = 1;
  for (uint32_t slot = 0; slot < b_.low.slots; ++slot) {
    if (vm::is_live(b_.live[n], slot)) ir_.CreateStore(load(at(sp(), word++)), body_->slots[slot]);
  }
  ir_.CreateStore(at(sp(), word), body_->sp);
  if (is_compare_branch(i.op)) {
    ir_.CreateCondBr(ir_.CreateICmpNE(result, constant(0)), block_at(n + 1),
                     block_at(at_label(i.label)));
    return;
  }
  if (i.has_dst) ir_.CreateStore(result, body_->slots[i.dst]);
  ir_.CreateBr(block_at(n + 1));
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
                   "  movl $" + std::to_string(roots_[r].state) + ", %r9d\n");
  }
}

void BlockGenerator::define() {
  block_at_.assign(code_.size() + 1, nullptr);
  allocates_.assign(code_.size(), false);
  for (Body& body : bodies_) open_body(body);
  emit_code();
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
    ir_.CreateCondBr(not_small(special_->b_, params, nullptr), general, special);
    ir_.SetInsertPoint(special);
    enter_worker(*special_, sp(), params);
    ir_.SetInsertPoint(general);
  }
  BasicBlock* slow = new_block("poll");
  poll_stack_and_heap(slow, turn_, allocates_from({0}));
  tail_to(s_.runtime.safepoint_apply, push_words(sp(), params),
          {reference(s_.function), record(b_.info), constant(parameters_)});
}

/// True if one of the arguments that the variant takes as small is not; null if all are known to
/// be, being operands of `i`.
IrValue BlockGenerator::not_small(const TierBlock& variant, const std::vector<IrValue>& args,
                                  const Instruction* i) {
  IrValue bits = nullptr;
  for (uint32_t p = 0; p < parameters_; ++p) {
    if (!variant.is_small(p) || (i != nullptr && known(i->operands[p], kSmall))) continue;
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

// --- Instructions.

void BlockGenerator::emit(size_t n) {
  const Instruction& i = code_[n];
  if (i.binds_label != kNoLabel) return;  // its leader has been opened
  switch (i.op) {
    case Op::kMove: set(i, value_of(i.operands[0])); return;
    case Op::kForce: emit_force(n); return;
    case Op::kRet: return_value(value_of(i.operands[0])); return;
    case Op::kRetEval: {
      IrValue v = value_of(i.operands[0]);
      if (!known(i.operands[0], kEvaluated)) {
        BasicBlock* thunk = new_block("thunk");
        BasicBlock* value = new_block("value");
        ir_.CreateCondBr(tag_is(v, kTagThunk), thunk, value);
        ir_.SetInsertPoint(thunk);
        tail_to(s_.runtime.eval_value, sp(), {v});
        ir_.SetInsertPoint(value);
      }
      return_value(v);
      return;
    }
    case Op::kJump: goto_instruction(at_label(i.label)); return;
    case Op::kIf:
    case Op::kIfZero:
    case Op::kIfNat: {
      const Operand& o = i.operands[0];
      IrValue condition = i.op == Op::kIf       ? truth(o)
                          : i.op == Op::kIfZero ? ir_.CreateICmpEQ(value_of(o), constant(0))
                                                : is_nat(o);
      ir_.CreateCondBr(condition, block_at(n + 1), block_at(at_label(i.label)));
      return;
    }
    case Op::kIfFunction: emit_function_test(n); return;
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual: emit_compare_branch(n); return;
    case Op::kSwitch:
    case Op::kTabSwitch: emit_switch(i); return;
    case Op::kAdd:
    case Op::kSub:
    case Op::kInc:
    case Op::kDec: emit_sum(i); return;
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod: emit_long(n); return;
    case Op::kIdx: emit_idx(i); return;
    case Op::kLen: {
      IrValue v = value_of(i.operands[0]);
      BasicBlock* other = new_block("other");
      BasicBlock* join = new_block("join");
      IrValue length = row_length_above(v, ~Word{0}, other);
      IrValue fast = ir_.CreateShl(length, constant(1));
      BasicBlock* fast_end = ir_.GetInsertBlock();
      ir_.CreateBr(join);
      ir_.SetInsertPoint(other);
      IrValue slow = call_helper(s_.runtime.count, v, constant(0));
      ir_.CreateBr(join);
      ir_.SetInsertPoint(join);
      llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
      result->addIncoming(fast, fast_end);
      result->addIncoming(slow, other);
      set(i, result);
      return;
    }
    case Op::kIsNat: set(i, bit(is_nat(i.operands[0]))); return;
    case Op::kIsZero:
      set(i, bit(ir_.CreateICmpEQ(value_of(i.operands[0]), constant(0))));
      return;
    case Op::kNot: set(i, bit(ir_.CreateNot(truth(i.operands[0])))); return;
    case Op::kBit: set(i, bit(truth(i.operands[0]))); return;
    case Op::kToNat: {
      const Operand& o = i.operands[0];
      set(i, ir_.CreateSelect(is_nat(o), value_of(o), constant(0)));
      return;
    }
    case Op::kCompare: emit_compare(n); return;
    case Op::kLazyAdd:
    case Op::kLazySub:
    case Op::kLazyMul:
    case Op::kLazyDiv:
    case Op::kLazyMod:
    case Op::kLazyCompare:
    case Op::kLazyNat:
    case Op::kLazyDec:
    case Op::kLazyInc:
    case Op::kLazyIsNat:
    case Op::kLazyIsZero:
    case Op::kLazyNot:
    case Op::kLazyBit:
    case Op::kLazyLen: emit_lazy(i); return;
    case Op::kLazyIdx: emit_lazy_idx(i); return;
    case Op::kLazyElement: emit_lazy_element(i); return;
    case Op::kRow:
    case Op::kClosure:
    case Op::kThunk:
    case Op::kApplyThunk: emit_build(i); return;
    case Op::kPatch: {
      IrValue o = ir_.CreateIntToPtr(
          ir_.CreateAnd(value_of(i.operands[0]), constant(~kTagMask)), s_.pointer);
      ir_.CreateStore(value_of(i.operands[1]), at(o, 1 + static_cast<int64_t>(i.immediate)));
      return;
    }
    case Op::kCall: emit_apply(push_frame(n), i); return;
    case Op::kCallKnown: emit_call(push_frame(n), i); return;
    case Op::kTailCall: emit_apply(sp(), i); return;
    case Op::kTailKnown: emit_call(sp(), i); return;
    case Op::kSelfTail: emit_self_tail(n); return;
    case Op::kJet: emit_jet(n); return;
    case Op::kIfCheap: {
      IrValue v = seen_through(i.operands[0]);
      set(i, v);
      ir_.CreateCondBr(is_even(v), block_at(n + 1), block_at(at_label(i.label)));
      return;
    }
    case Op::kCount: return;
  }
}

/// A loop, within the function that holds the entry; elsewhere a call, so that the code after a
/// suspension need not share a function with the entry.
void BlockGenerator::emit_self_tail(size_t n) {
  const Instruction& i = code_[n];
  const std::vector<IrValue> args = arguments(i, 0);
  if (general_ != nullptr) {
    if (IrValue large = not_small(b_, args, &i)) {
      BasicBlock* general = new_block("general");
      BasicBlock* special = new_block("special");
      branch_unlikely(large, general, special);
      ir_.SetInsertPoint(general);
      enter_worker(*general_, sp(), args);
      ir_.SetInsertPoint(special);
    }
  }
  if (group_of_[n] != group_of_[0]) {
    enter_worker(*this, sp(), args);
    return;
  }
  for (uint32_t p = 0; p < parameters_; ++p) ir_.CreateStore(args[p], body_->slots[p]);
  ir_.CreateBr(block_at(0));
}

void BlockGenerator::emit_apply(IrValue sp, const Instruction& i) {
  IrValue f = value_of(i.operands[0]);
  std::vector<IrValue> args = arguments(i, 1);
  if (args.size() <= vm::kRegisterArguments) {
    tail_to(s_.runtime.apply_registers[args.size()], sp, args, f);
    return;
  }
  IrValue to = push_words(sp, args);
  tail_to(s_.runtime.apply_values, to, {f, nullptr, constant(args.size())});
}

/// A call of the law itself, or of its variant.
void BlockGenerator::enter_worker(const BlockGenerator& callee, IrValue sp,
                                  const std::vector<IrValue>& args) {
  IrValue r7 = nullptr;
  if (callee.entered_by_record()) r7 = record(s_.law_info);
  tail(callee.worker(), sp, args, r7);
}

void BlockGenerator::emit_call(IrValue sp, const Instruction& i) {
  std::vector<IrValue> args = arguments(i, 0);
  if (args.size() > vm::kRegisterArguments || args.empty()) {
    IrValue to = push_words(sp, args);
    tail(load_pointer(record_pointer(i.callee)), to, {reference(i.function), record(i.callee)});
    return;
  }
  if (i.callee == s_.law_info && s_.law->worker() != nullptr) {
    if (general_ == nullptr) {
      enter_worker(*s_.law, sp, args);
      return;
    }
    // From the variant for small arguments to itself, if they are.
    if (IrValue large = not_small(b_, args, &i)) {
      BasicBlock* general = new_block("general");
      BasicBlock* special = new_block("special");
      branch_unlikely(large, general, special);
      ir_.SetInsertPoint(general);
      enter_worker(*general_, sp, args);
      ir_.SetInsertPoint(special);
    }
    enter_worker(*this, sp, args);
    return;
  }
  IrValue field = ir_.CreateConstInBoundsGEP1_64(ir_.getInt8Ty(), record_pointer(i.callee),
                                                 s_.runtime.info_worker);
  tail(load_pointer(field), sp, args, record(i.callee));
}

void BlockGenerator::emit_force(size_t n) {
  const Instruction& i = code_[n];
  const Operand& o = i.operands[0];
  IrValue v = value_of(o);
  if (known(o, kEvaluated)) {
    set(i, v);
    goto_instruction(n + 1);
    return;
  }
  BasicBlock* evaluated = ir_.GetInsertBlock();
  BasicBlock* pointer = new_block("pointer");
  BasicBlock* through = new_block("through");
  BasicBlock* slow = new_block("force");
  BasicBlock* join = new_block("value");
  branch_unlikely(tag_is(v, kTagThunk), pointer, join);
  ir_.SetInsertPoint(pointer);
  IrValue header = load(object(v, kTagThunk));
  ir_.CreateCondBr(kind_is(header, Kind::kIndirection), through, slow);
  ir_.SetInsertPoint(through);
  IrValue target = load(at(object(v, kTagThunk), 1));
  branch_unlikely(tag_is(target, kTagThunk), slow, join);
  ir_.SetInsertPoint(slow);
  llvm::PHINode* thunk = ir_.CreatePHI(s_.word, 2);
  thunk->addIncoming(v, pointer);
  thunk->addIncoming(target, through);
  IrValue frame = push_frame(n);
  // A thunk that waits for its turn is entered from here: the processor foresees each place better
  // than the one where all meet.
  BasicBlock* enter = new_block("enter");
  BasicBlock* other = new_block("other");
  IrValue state = load(object(thunk, kTagThunk));
  ir_.CreateCondBr(kind_is(state, Kind::kThunk), enter, other);
  ir_.SetInsertPoint(enter);
  IrValue base = load(in_vm(s_.runtime.info_base));
  IrValue index = ir_.CreateLShr(state, constant(32));
  IrValue info = ir_.CreateAdd(base, ir_.CreateMul(index, constant(sizeof(gc::Info))));
  tail(load_pointer(ir_.CreateIntToPtr(info, s_.pointer)), frame, {thunk, info});
  ir_.SetInsertPoint(other);
  tail_to(s_.runtime.eval_value, frame, {thunk});
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(v, evaluated);
  result->addIncoming(target, through);
  set(i, result);
  goto_instruction(n + 1);
}

IrValue BlockGenerator::truth(const Operand& o) {
  IrValue v = value_of(o);
  if (known(o, kSmall)) return ir_.CreateICmpNE(v, constant(0));
  IrValue small = ir_.CreateAnd(is_even(v), ir_.CreateICmpNE(v, constant(0)));
  return ir_.CreateOr(small, tag_is(v, kTagBig));
}

IrValue BlockGenerator::is_nat(const Operand& o) {
  if (known(o, kNat)) return ir_.getTrue();
  IrValue v = value_of(o);
  return ir_.CreateOr(is_even(v), tag_is(v, kTagBig));
}

/// A comparison of evaluated operands of which one is an immediate: smaller than anything that is
/// not. Null if neither is known to be one.
IrValue BlockGenerator::compare_one_small(Op op, const Operand& a, const Operand& b) {
  const bool a_small = known(a, kSmall);
  const bool b_small = known(b, kSmall);
  IrValue x = value_of(a);
  IrValue y = value_of(b);
  if (op == Op::kIfEqual) {
    return a_small || b_small ? ir_.CreateICmpEQ(x, y) : nullptr;
  }
  IrValue plain = op == Op::kIfLess ? ir_.CreateICmpULT(x, y) : ir_.CreateICmpULE(x, y);
  if (a_small && b_small) return plain;
  if (b_small) return ir_.CreateAnd(is_even(x), plain);
  if (a_small) return ir_.CreateOr(is_odd(y), plain);
  return nullptr;
}

void BlockGenerator::emit_function_test(size_t n) {
  const Instruction& i = code_[n];
  IrValue f = seen_through(i.operands[0]);
  set(i, f);
  BasicBlock* other = block_at(at_label(i.label));
  IrValue wanted = reference(i.function);
  if (i.immediate == 0) {
    ir_.CreateCondBr(ir_.CreateICmpEQ(f, wanted), block_at(n + 1), other);
    return;
  }
  BasicBlock* function = new_block("function");
  BasicBlock* closure = new_block("closure");
  ir_.CreateCondBr(tag_is(f, kTagFunction), function, other);
  ir_.SetInsertPoint(function);
  IrValue header = load(object(f, kTagFunction));
  constexpr Word kKindAndSize = 0xff'ffff'00ff;  // without what it lacks, and the flags
  const Word expected = closure_header(i.immediate, 0) & kKindAndSize;
  IrValue kind = ir_.CreateAnd(header, constant(kKindAndSize));
  ir_.CreateCondBr(ir_.CreateICmpEQ(kind, constant(expected)), closure, other);
  ir_.SetInsertPoint(closure);
  IrValue head = load(at(object(f, kTagFunction), 1));
  ir_.CreateCondBr(ir_.CreateICmpEQ(head, wanted), block_at(n + 1), other);
}

void BlockGenerator::emit_compare_branch(size_t n) {
  const Instruction& i = code_[n];
  const Operand& a = i.operands[0];
  const Operand& b = i.operands[1];
  const size_t other = at_label(i.label);
  if (IrValue condition = compare_one_small(i.op, a, b)) {
    ir_.CreateCondBr(condition, block_at(n + 1), block_at(other));
    return;
  }
  IrValue x = value_of(a);
  IrValue y = value_of(b);
  BasicBlock* mixed = new_block("mixed");
  BasicBlock* small = new_block("small");
  BasicBlock* slow = new_block("compare");
  BasicBlock* ordered = new_block("ordered");
  branch_unlikely(is_odd(ir_.CreateOr(x, y)), mixed, small);
  const auto test = [&](IrValue p, IrValue q, bool is_signed) {
    if (i.op == Op::kIfEqual) return ir_.CreateICmpEQ(p, q);
    if (i.op == Op::kIfLess) {
      return is_signed ? ir_.CreateICmpSLT(p, q) : ir_.CreateICmpULT(p, q);
    }
    return is_signed ? ir_.CreateICmpSLE(p, q) : ir_.CreateICmpULE(p, q);
  };
  ir_.SetInsertPoint(small);
  ir_.CreateCondBr(test(x, y, false), block_at(n + 1), block_at(other));
  ir_.SetInsertPoint(mixed);
  IrValue order = call_helper(s_.runtime.order, x, y);
  ir_.CreateCondBr(ir_.CreateICmpEQ(order, constant(2)), slow, ordered);
  ir_.SetInsertPoint(ordered);
  ir_.CreateCondBr(test(order, constant(0), true), block_at(n + 1), block_at(other));
  ir_.SetInsertPoint(slow);
  const bool swapped = i.immediate != 0;
  vm::CompareMode mode = vm::CompareMode::kEqual;
  if (i.op == Op::kIfLess) {
    mode = swapped ? vm::CompareMode::kGreater : vm::CompareMode::kLess;
  } else if (i.op == Op::kIfLessEqual) {
    mode = swapped ? vm::CompareMode::kGreaterEqual : vm::CompareMode::kLessEqual;
  }
  tail_to(s_.runtime.compare_values, push_frame(n),
          {swapped ? y : x, swapped ? x : y, constant(static_cast<Word>(mode))});
}

void BlockGenerator::emit_switch(const Instruction& i) {
  IrValue v = value_of(i.operands[0]);
  const size_t otherwise = at_label(i.label);
  BasicBlock* fallback = block_at(otherwise);
  std::vector<size_t> big;
  if (i.op == Op::kTabSwitch) {
    for (size_t k = 0; k < i.keys.size(); ++k) {
      if (!i.keys[k].is_small()) big.push_back(k);
    }
    if (!big.empty()) fallback = new_block("big");
  }
  llvm::SwitchInst* dispatch =
      ir_.CreateSwitch(v, fallback, static_cast<unsigned>(i.labels.size()));
  for (size_t k = 0; k < i.labels.size(); ++k) {
    const Word key = i.op == Op::kSwitch ? small_nat(k).word : i.keys[k].word;
    if ((key & 1) == 0) dispatch->addCase(ir_.getInt64(key), block_at(at_label(i.labels[k])));
  }
  if (big.empty()) return;
  ir_.SetInsertPoint(fallback);
  BasicBlock* next = new_block("key");
  ir_.CreateCondBr(tag_is(v, kTagBig), next, block_at(otherwise));
  for (const size_t k : big) {
    ir_.SetInsertPoint(next);
    IrValue order = call_helper(s_.runtime.order, v, reference(i.keys[k]));
    next = new_block("key");
    ir_.CreateCondBr(ir_.CreateICmpEQ(order, constant(0)), block_at(at_label(i.labels[k])), next);
  }
  ir_.SetInsertPoint(next);
  ir_.CreateBr(block_at(otherwise));
}

void BlockGenerator::emit_sum(const Instruction& i) {
  const bool binary = i.op == Op::kAdd || i.op == Op::kSub;
  const Operand& a = i.operands[0];
  const Operand b = binary ? i.operands[1] : vm::constant_operand(small_nat(1));
  IrValue x = value_of(a);
  IrValue y = value_of(b);
  const bool small = known(a, kSmall) && known(b, kSmall);
  const bool sum = i.op == Op::kAdd || i.op == Op::kInc;
  const void* helper = i.op == Op::kAdd   ? s_.runtime.add
                       : i.op == Op::kSub ? s_.runtime.subtract
                       : i.op == Op::kInc ? s_.runtime.increment
                                          : s_.runtime.decrement;
  const void* returning = sum ? s_.runtime.add_and_return : s_.runtime.subtract_and_return;
  if (!sum && small) {
    set(i, ir_.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, x, y));
    return;
  }
  BasicBlock* slow = new_block("slow");
  BasicBlock* join = new_block("join");
  if (!small) {
    BasicBlock* fast = new_block("fast");
    IrValue bits = known(a, kSmall) ? y : known(b, kSmall) ? x : ir_.CreateOr(x, y);
    branch_unlikely(is_odd(bits), slow, fast);
    ir_.SetInsertPoint(fast);
  }
  IrValue quick = nullptr;
  if (sum) {
    IrValue pair = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::uadd_with_overflow, x, y);
    quick = ir_.CreateExtractValue(pair, 0);
    branch_unlikely(ir_.CreateExtractValue(pair, 1), slow, join);
  } else {
    quick = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, x, y);
    ir_.CreateBr(join);
  }
  BasicBlock* fast_end = ir_.GetInsertBlock();
  ir_.SetInsertPoint(slow);
  const Instruction& next = code_[emitting_ + 1];
  if (next.op == Op::kRet && next.binds_label == kNoLabel && !next.operands[0].is_constant &&
      next.operands[0].slot == i.dst) {
    // The sum is the result: the slow path returns it itself, and polls.
    tail_to(returning, sp(), {x, y});
    ir_.SetInsertPoint(join);
    set(i, quick);
    return;
  }
  IrValue big = call_helper(helper, x, y);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(quick, fast_end);
  result->addIncoming(big, slow);
  set(i, result);
}

/// Products, quotients and remainders: what is not immediate suspends.
void BlockGenerator::emit_long(size_t n) {
  const Instruction& i = code_[n];
  const Operand& a = i.operands[0];
  const Operand& b = i.operands[1];
  IrValue x = value_of(a);
  IrValue y = value_of(b);
  BasicBlock* slow = new_block("slow");
  const bool small = known(a, kSmall) && known(b, kSmall);
  if (!small) {
    BasicBlock* fast = new_block("fast");
    IrValue bits = known(a, kSmall) ? y : known(b, kSmall) ? x : ir_.CreateOr(x, y);
    branch_unlikely(is_odd(bits), slow, fast);
    ir_.SetInsertPoint(fast);
  }
  BasicBlock* done = new_block("done");
  IrValue quick = nullptr;
  if (i.op == Op::kMul) {
    IrValue pair = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umul_with_overflow,
                                             ir_.CreateLShr(x, constant(1)), y);
    branch_unlikely(ir_.CreateExtractValue(pair, 1), slow, done);
    ir_.SetInsertPoint(done);
    quick = ir_.CreateExtractValue(pair, 0);
  } else {
    if (b.is_constant && b.value.word != 0) {
      ir_.CreateBr(done);
    } else {
      branch_unlikely(ir_.CreateICmpEQ(y, constant(0)), slow, done);
    }
    ir_.SetInsertPoint(done);
    quick = i.op == Op::kDiv ? ir_.CreateShl(ir_.CreateUDiv(x, y), constant(1))
                             : ir_.CreateURem(x, y);
  }
  set(i, quick);
  goto_instruction(n + 1);
  ir_.SetInsertPoint(slow);
  const void* target = i.op == Op::kMul   ? s_.runtime.multiply
                       : i.op == Op::kDiv ? s_.runtime.divide
                                          : s_.runtime.modulo;
  tail_to(target, push_frame(n), {x, y});
}

void BlockGenerator::emit_compare(size_t n) {
  const Instruction& i = code_[n];
  const auto mode = static_cast<vm::CompareMode>(i.immediate);
  IrValue x = value_of(i.operands[0]);
  IrValue y = value_of(i.operands[1]);
  if (known(i.operands[0], kSmall) || known(i.operands[1], kSmall)) {
    set(i, compare_with_small(mode, x, y));
    goto_instruction(n + 1);
    return;
  }
  BasicBlock* mixed = new_block("mixed");
  BasicBlock* small = new_block("small");
  BasicBlock* join = new_block("join");
  BasicBlock* slow = new_block("compare");
  branch_unlikely(is_odd(ir_.CreateOr(x, y)), mixed, small);
  ir_.SetInsertPoint(small);
  IrValue less = ir_.CreateSExt(ir_.CreateICmpULT(x, y), s_.word);
  IrValue greater = ir_.CreateZExt(ir_.CreateICmpUGT(x, y), s_.word);
  IrValue quick = ir_.CreateOr(less, greater);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(mixed);
  IrValue helped = call_helper(s_.runtime.order, x, y);
  ir_.CreateCondBr(ir_.CreateICmpEQ(helped, constant(2)), slow, join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* order = ir_.CreatePHI(s_.word, 2);
  order->addIncoming(quick, small);
  order->addIncoming(helped, mixed);
  IrValue zero = constant(0);
  IrValue result = nullptr;
  switch (mode) {
    case vm::CompareMode::kOrder:
      result = ir_.CreateShl(ir_.CreateAdd(order, constant(1)), constant(1));
      break;
    case vm::CompareMode::kEqual: result = bit(ir_.CreateICmpEQ(order, zero)); break;
    case vm::CompareMode::kNotEqual: result = bit(ir_.CreateICmpNE(order, zero)); break;
    case vm::CompareMode::kLess: result = bit(ir_.CreateICmpSLT(order, zero)); break;
    case vm::CompareMode::kLessEqual: result = bit(ir_.CreateICmpSLE(order, zero)); break;
    case vm::CompareMode::kGreater: result = bit(ir_.CreateICmpSGT(order, zero)); break;
    case vm::CompareMode::kGreaterEqual: result = bit(ir_.CreateICmpSGE(order, zero)); break;
  }
  set(i, result);
  goto_instruction(n + 1);
  ir_.SetInsertPoint(slow);
  tail_to(s_.runtime.compare_values, push_frame(n), {x, y, constant(i.immediate)});
}

/// Goes on, with its length, if `v` is a row longer than `index` (all ones: of any length); else to
/// `other`.
IrValue BlockGenerator::row_length_above(IrValue v, Word index, BasicBlock* other) {
  BasicBlock* data = new_block("data");
  BasicBlock* row = new_block("row");
  ir_.CreateCondBr(tag_is(v, kTagData), data, other);
  ir_.SetInsertPoint(data);
  IrValue header = load(object(v, kTagData));
  IrValue length = ir_.CreateLShr(header, constant(16));
  IrValue fits = kind_is(header, Kind::kRow);
  if (index != ~Word{0}) fits = ir_.CreateAnd(fits, ir_.CreateICmpUGT(length, constant(index)));
  ir_.CreateCondBr(fits, row, other);
  ir_.SetInsertPoint(row);
  return length;
}

void BlockGenerator::emit_idx(const Instruction& i) {
  IrValue v = value_of(i.operands[0]);
  const Word index = i.immediate >> 1;
  BasicBlock* other = new_block("other");
  BasicBlock* join = new_block("join");
  row_length_above(v, index, other);
  IrValue element = load(at(object(v, kTagData), 1 + static_cast<int64_t>(index)));
  BasicBlock* fast_end = ir_.GetInsertBlock();
  ir_.CreateBr(join);
  ir_.SetInsertPoint(other);
  IrValue slow = call_helper(s_.runtime.select, v, constant(index));
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(element, fast_end);
  result->addIncoming(slow, other);
  set(i, result);
}

/// The operand with one indirection removed.
IrValue BlockGenerator::seen_through(const Operand& o) {
  IrValue v = value_of(o);
  if (known(o, kEvaluated)) return v;
  BasicBlock* before = ir_.GetInsertBlock();
  BasicBlock* pointer = new_block("pointer");
  BasicBlock* through = new_block("through");
  BasicBlock* join = new_block("seen");
  ir_.CreateCondBr(tag_is(v, kTagThunk), pointer, join);
  ir_.SetInsertPoint(pointer);
  ir_.CreateCondBr(kind_is(load(object(v, kTagThunk)), Kind::kIndirection), through, join);
  ir_.SetInsertPoint(through);
  IrValue target = load(at(object(v, kTagThunk), 1));
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 3);
  result->addIncoming(v, before);
  result->addIncoming(v, pointer);
  result->addIncoming(target, through);
  return result;
}

IrValue BlockGenerator::allocate(IrValue header, const std::vector<IrValue>& words, Word tag) {
  allocates_[emitting_] = true;
  IrValue to = hp();
  ir_.CreateStore(header, to);
  for (size_t k = 0; k < words.size(); ++k) {
    ir_.CreateStore(words[k], at(to, 1 + static_cast<int64_t>(k)));
  }
  ir_.CreateStore(at(to, 1 + static_cast<int64_t>(words.size())), body_->hp);
  return ir_.CreateOr(ir_.CreatePtrToInt(to, s_.word), constant(tag));
}

/// The condition under which a lazy operation on x (and y) has to be suspended; null: never.
IrValue BlockGenerator::must_suspend(const Instruction& i, IrValue x, IrValue y) {
  const Operand& a = i.operands[0];
  const bool small = known(a, kSmall) && (y == nullptr || known(i.operands[1], kSmall));
  switch (i.op) {
    case Op::kLazyIsNat:
    case Op::kLazyIsZero:
    case Op::kLazyNot:
    case Op::kLazyBit:
    case Op::kLazyLen: return known(a, kEvaluated) ? nullptr : tag_is(x, kTagThunk);
    case Op::kLazyCompare: {
      if (small) return nullptr;
      // Wanted: both evaluated, and at least one an immediate.
      IrValue thunk = ir_.CreateOr(tag_is(x, kTagThunk), tag_is(y, kTagThunk));
      return ir_.CreateOr(thunk, is_odd(ir_.CreateAnd(x, y)));
    }
    default: return small ? nullptr : is_odd(y != nullptr ? ir_.CreateOr(x, y) : x);
  }
}

/// The answer of a comparison of evaluated operands, one of them an immediate, which is smaller
/// than anything else.
IrValue BlockGenerator::compare_with_small(vm::CompareMode mode, IrValue x, IrValue y) {
  IrValue less = ir_.CreateOr(is_odd(y), ir_.CreateAnd(is_even(x), ir_.CreateICmpULT(x, y)));
  IrValue same = ir_.CreateICmpEQ(x, y);
  switch (mode) {
    case vm::CompareMode::kEqual: return bit(same);
    case vm::CompareMode::kNotEqual: return bit(ir_.CreateNot(same));
    case vm::CompareMode::kLess: return bit(less);
    case vm::CompareMode::kLessEqual: return bit(ir_.CreateOr(less, same));
    case vm::CompareMode::kGreater: return bit(ir_.CreateNot(ir_.CreateOr(less, same)));
    case vm::CompareMode::kGreaterEqual: return bit(ir_.CreateNot(less));
    case vm::CompareMode::kOrder: break;
  }
  IrValue unequal =
      ir_.CreateSelect(less, constant(small_nat(0).word), constant(small_nat(2).word));
  return ir_.CreateSelect(same, constant(small_nat(1).word), unequal);
}

/// Of immediates; vm::immediate_result(). `overflow`: see lazy_result().
IrValue BlockGenerator::immediate_result(vm::NatOp op, IrValue x, IrValue y, IrValue& overflow) {
  IrValue count = ir_.CreateLShr(y, constant(1));
  switch (op) {
    case vm::NatOp::kShiftRight: {
      IrValue shifted = ir_.CreateLShr(x, ir_.CreateAnd(count, constant(63)));
      IrValue whole = ir_.CreateAnd(shifted, constant(~Word{1}));
      return ir_.CreateSelect(ir_.CreateICmpULT(count, constant(64)), whole, constant(0));
    }
    case vm::NatOp::kShiftLeft: {
      IrValue bounded = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, count, constant(63));
      IrValue shifted = ir_.CreateShl(x, bounded);
      overflow = ir_.CreateICmpNE(ir_.CreateLShr(shifted, bounded), x);
      return shifted;
    }
    case vm::NatOp::kAnd: return ir_.CreateAnd(x, y);
    case vm::NatOp::kOr: return ir_.CreateOr(x, y);
    case vm::NatOp::kXor: return ir_.CreateXor(x, y);
    case vm::NatOp::kMin: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, x, y);
    case vm::NatOp::kMax: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umax, x, y);
    case vm::NatOp::kNone: break;
  }
  return constant(0);
}

/// The common case of a jet, without a call; goes to `other` if it is not that. Null if there is no
/// such case.
IrValue BlockGenerator::jet_in_line(const Instruction& i, const std::vector<IrValue>& args,
                                    BasicBlock* other) {
  const std::optional<vm::JetId> jet = vm::jet_of(i);
  if (!jet) return nullptr;
  if (jet == vm::JetId::kIdx) return element_at(args[0], args[1], Kind::kRow, other);
  if (jet == vm::JetId::kGet) return element_at(args[1], args[0], Kind::kRow, other);
  if (jet == vm::JetId::kBarIdx) return element_at(args[0], args[1], Kind::kBar, other);
  const vm::NatOp op = vm::nat_op_of(*jet);
  if (op == vm::NatOp::kNone) return nullptr;
  BasicBlock* fast = new_block("fast");
  branch_unlikely(is_odd(ir_.CreateOr(args[0], args[1])), other, fast);
  ir_.SetInsertPoint(fast);
  IrValue overflow = nullptr;
  IrValue quick = immediate_result(op, args[0], args[1], overflow);
  if (overflow != nullptr) {
    BasicBlock* done = new_block("done");
    branch_unlikely(overflow, other, done);
    ir_.SetInsertPoint(done);
  }
  return quick;
}

/// An element of a row (maybe a thunk), or a byte of a bar as a nat.
IrValue BlockGenerator::element_at(IrValue index, IrValue sequence, Kind kind, BasicBlock* other) {
  BasicBlock* data = new_block("data");
  BasicBlock* inside = new_block("inside");
  IrValue fits = ir_.CreateAnd(is_even(index), tag_is(sequence, kTagData));
  ir_.CreateCondBr(fits, data, other);
  ir_.SetInsertPoint(data);
  IrValue from = object(sequence, kTagData);
  IrValue header = load(from);
  IrValue number = ir_.CreateLShr(index, constant(1));
  IrValue below = ir_.CreateICmpULT(number, ir_.CreateLShr(header, constant(16)));
  ir_.CreateCondBr(ir_.CreateAnd(kind_is(header, kind), below), inside, other);
  ir_.SetInsertPoint(inside);
  IrValue first = at(from, 1);
  if (kind == Kind::kRow) return load(ir_.CreateInBoundsGEP(s_.word, first, number));
  llvm::Type* byte = ir_.getInt8Ty();
  IrValue found = ir_.CreateLoad(byte, ir_.CreateInBoundsGEP(byte, first, number));
  return ir_.CreateShl(ir_.CreateZExt(found, s_.word), constant(1));
}

/// A leaf jet is called without leaving the function. Only if it wants something first, the call
/// goes into a frame.
void BlockGenerator::emit_jet(size_t n) {
  const Instruction& i = code_[n];
  const std::vector<IrValue> args = arguments(i, 0);
  BasicBlock* leaf = new_block("leaf");
  BasicBlock* thunk = new_block("thunk");
  BasicBlock* slow = new_block("jet");
  BasicBlock* evaluate = new_block("evaluate");
  BasicBlock* join = new_block("join");
  IrValue quick = jet_in_line(i, args, leaf);
  BasicBlock* quick_end = ir_.GetInsertBlock();
  ir_.CreateBr(quick != nullptr ? join : leaf);
  ir_.SetInsertPoint(leaf);
  IrValue callee = record(i.callee);
  IrValue at_args = ir_.CreatePtrToInt(push_words(sp(), args), s_.word);
  IrValue called = call_helper(s_.runtime.call_leaf_jet, callee, at_args);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  if (quick != nullptr) result->addIncoming(quick, quick_end);
  result->addIncoming(called, leaf);
  set(i, result);
  branch_unlikely(tag_is(result, kTagThunk), thunk, block_at(n + 1));
  ir_.SetInsertPoint(thunk);
  ir_.CreateCondBr(ir_.CreateICmpEQ(result, constant(s_.runtime.no_result)), slow, evaluate);
  ir_.SetInsertPoint(slow);
  tail_to(s_.runtime.run_leaf_jet, push_words(push_frame(n), args),
          {reference(i.function), callee});
  ir_.SetInsertPoint(evaluate);
  tail_to(s_.runtime.eval_value, push_frame(n), {result});
}

/// The result of a lazy operation whose operands allow it. `overflow` is set to the condition under
/// which it has to be suspended after all, or stays null; then the result is an immediate.
IrValue BlockGenerator::lazy_result(const Instruction& i, IrValue x, IrValue y,
                                    IrValue& overflow) {
  const auto checked = [&](llvm::Intrinsic::ID id, IrValue p, IrValue q) {
    IrValue pair = ir_.CreateBinaryIntrinsic(id, p, q);
    overflow = ir_.CreateExtractValue(pair, 1);
    return ir_.CreateExtractValue(pair, 0);
  };
  switch (i.op) {
    case Op::kLazyAdd: return checked(llvm::Intrinsic::uadd_with_overflow, x, y);
    case Op::kLazyInc: return checked(llvm::Intrinsic::uadd_with_overflow, x, constant(2));
    case Op::kLazyMul:
      return checked(llvm::Intrinsic::umul_with_overflow, ir_.CreateLShr(x, constant(1)), y);
    case Op::kLazyNat:
      return immediate_result(static_cast<vm::NatOp>(i.immediate), x, y, overflow);
    case Op::kLazySub: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, x, y);
    case Op::kLazyDec:
      return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, x, constant(2));
    case Op::kLazyDiv:
    case Op::kLazyMod: {
      // By zero: 0, and the dividend.
      IrValue zero = ir_.CreateICmpEQ(y, constant(0));
      IrValue divisor = ir_.CreateSelect(zero, constant(2), y);
      if (i.op == Op::kLazyMod) return ir_.CreateSelect(zero, x, ir_.CreateURem(x, divisor));
      IrValue quotient = ir_.CreateShl(ir_.CreateUDiv(x, divisor), constant(1));
      return ir_.CreateSelect(zero, constant(0), quotient);
    }
    case Op::kLazyCompare:
      return compare_with_small(static_cast<vm::CompareMode>(i.immediate), x, y);
    case Op::kLazyIsNat: return bit(ir_.CreateOr(is_even(x), tag_is(x, kTagBig)));
    case Op::kLazyIsZero: return bit(ir_.CreateICmpEQ(x, constant(0)));
    case Op::kLazyNot:
    case Op::kLazyBit: {
      IrValue truth = ir_.CreateAnd(is_even(x), ir_.CreateICmpNE(x, constant(0)));
      truth = ir_.CreateOr(truth, tag_is(x, kTagBig));
      return bit(i.op == Op::kLazyBit ? truth : ir_.CreateNot(truth));
    }
    default: return call_helper(s_.runtime.count, x, constant(0));  // kLazyLen
  }
}

/// Cheap eagerness (the Note in vm/lower.cc).
void BlockGenerator::emit_lazy(const Instruction& i) {
  const bool binary = i.operands.size() == 2;
  IrValue x = seen_through(i.operands[0]);
  IrValue y = binary ? seen_through(i.operands[1]) : nullptr;
  BasicBlock* slow = nullptr;
  const auto leave_if = [&](IrValue condition) {
    if (slow == nullptr) slow = new_block("suspend");
    BasicBlock* fast = new_block("cheap");
    ir_.CreateCondBr(condition, slow, fast);
    ir_.SetInsertPoint(fast);
  };
  if (IrValue condition = must_suspend(i, x, y)) leave_if(condition);
  IrValue overflow = nullptr;
  IrValue quick = lazy_result(i, x, y, overflow);
  if (overflow != nullptr) leave_if(overflow);
  if (slow == nullptr) {
    set(i, quick);
    return;
  }
  BasicBlock* fast_end = ir_.GetInsertBlock();
  BasicBlock* join = new_block("join");
  ir_.CreateBr(join);
  ir_.SetInsertPoint(slow);
  std::vector<IrValue> words{reference(i.function), x};
  if (binary) words.push_back(y);
  IrValue thunk = allocate(thunk_header(Kind::kThunk, words.size(), s_.runtime.apply_thunk_index),
                           words, kTagThunk);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(quick, fast_end);
  result->addIncoming(thunk, slow);
  set(i, result);
}

void BlockGenerator::emit_lazy_idx(const Instruction& i) {
  const Word index = i.immediate >> 1;
  IrValue v = seen_through(i.operands[0]);
  BasicBlock* other = new_block("other");
  BasicBlock* join = new_block("join");
  std::vector<std::pair<IrValue, BasicBlock*>> results;
  row_length_above(v, index, other);
  IrValue element = load(at(object(v, kTagData), 1 + static_cast<int64_t>(index)));
  results.emplace_back(element, ir_.GetInsertBlock());
  ir_.CreateBr(join);
  ir_.SetInsertPoint(other);
  if (!known(i.operands[0], kEvaluated)) {
    BasicBlock* thunk = new_block("suspend");
    BasicBlock* value = new_block("value");
    ir_.CreateCondBr(tag_is(v, kTagThunk), thunk, value);
    ir_.SetInsertPoint(thunk);
    IrValue selector = allocate(thunk_header(Kind::kSelector, 2, s_.runtime.selector_index),
                                {v, constant(i.immediate)}, kTagThunk);
    results.emplace_back(selector, thunk);
    ir_.CreateBr(join);
    ir_.SetInsertPoint(value);
  }
  IrValue slow = call_helper(s_.runtime.select, v, constant(index));
  results.emplace_back(slow, ir_.GetInsertBlock());
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 3);
  for (const auto& [w, from] : results) result->addIncoming(w, from);
  set(i, result);
}

/// At an index that is no constant: computed if both are evaluated, and it is there.
void BlockGenerator::emit_lazy_element(const Instruction& i) {
  IrValue x = seen_through(i.operands[0]);
  IrValue y = seen_through(i.operands[1]);
  const bool row_first = i.immediate != 0;
  BasicBlock* suspend = new_block("suspend");
  BasicBlock* join = new_block("join");
  IrValue element = element_at(row_first ? y : x, row_first ? x : y, Kind::kRow, suspend);
  BasicBlock* found = ir_.GetInsertBlock();
  ir_.CreateBr(join);
  ir_.SetInsertPoint(suspend);
  IrValue thunk = allocate(thunk_header(Kind::kThunk, 3, s_.runtime.apply_thunk_index),
                           {reference(i.function), x, y}, kTagThunk);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(element, found);
  result->addIncoming(thunk, suspend);
  set(i, result);
}

void BlockGenerator::emit_build(const Instruction& i) {
  std::vector<IrValue> words = arguments(i, 0);
  const size_t count = words.size();
  if (words.empty()) words.push_back(constant(0));
  switch (i.op) {
    case Op::kRow:
      set(i, allocate(make_header(Kind::kRow, count), words, kTagData));
      return;
    case Op::kClosure: {
      if (count == 0) words.clear();
      words.insert(words.begin(), reference(i.function));
      set(i, allocate(closure_header(count, i.immediate), words, kTagFunction));
      return;
    }
    case Op::kThunk:
      set(i, allocate(thunk_header_of(i.callee, words.size()), words, kTagThunk));
      return;
    default:  // kApplyThunk
      set(i, allocate(thunk_header(Kind::kThunk, words.size(), s_.runtime.apply_thunk_index), words,
                      kTagThunk));
      return;
  }
}

}  // namespace

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
      if (request.blocks[k].resumes[n] != nullptr) add(blocks[k]->resume(n));
    }
  }
  result.slots = std::move(shared.slots);
  return result;
}

}  // namespace plan::jit
