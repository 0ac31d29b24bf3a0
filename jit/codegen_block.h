// jit/codegen_block.h: the state of generating one block, for the files jit/codegen*.cc alone. See
// Note [Shape of native code] in jit/codegen.h.
// jit/codegen.cc: functions, their roots and ends; jit/codegen_emit.cc: instructions;
// jit/codegen_nat.cc: those on nats, and jets in line; jit/codegen_loop.cc: Note [Loops for small
// numbers].
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jit/codegen.h"
#include "jit/llvm_ir.h"
#include "value/object.h"
#include "vm/low_facts.h"
#include "vm/primops.h"
#include "vm/results.h"

namespace plan::jit {

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
constexpr Word kAnyLength = ~Word{0};
constexpr uint32_t kUncountedStackWords = 256;

class BlockGenerator;

inline std::string slot_name(size_t number) { return kSlotsSymbol + std::to_string(number); }

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
  Function* forces = nullptr;  ///< the stub, once it is needed
  bool has_resume_poll = false;  ///< what resume_poll() jumps to
  bool has_elements_poll[vm::kResultElementsMax + 1] = {};

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
  void define(const Function* stub, const std::string& instructions) const {
    module.appendModuleInlineAsm(".text\n\"" + stub->getName().str() + "\":\n" + instructions);
  }
  void define_stub(const Function* stub, const Function* target,
                   const std::string& instructions) const {
    define(stub, instructions + "  jmp \"" + target->getName().str() + "\"\n");
  }

  /// What stands in a slot, in assembly.
  std::string slot_address(const Slot& wanted) {
    slot(wanted);
    const auto number = std::find(slots.begin(), slots.end(), wanted) - slots.begin();
    return std::string(kSlotsSymbol) + "+" + std::to_string(number * 8) + "(%rip)";
  }
  std::string address_of(const void* p) {
    return slot_address({SlotKind::kRuntime, runtime_number(runtime, p), 0});
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

  /// A stub that evaluates the thunk in r1. One that waits for its turn is entered from here: the
  /// processor foresees each law's thunks better than it would where all laws meet.
  Function* force_stub() {
    if (forces != nullptr) return forces;
    forces = new_function("force");
    static_assert(sizeof(gc::Info) == 64, "the index is the upper half of the header");
    module.appendModuleInlineAsm(
        ".text\n\"" + forces->getName().str() + "\":\n" +
        "  movq -" + std::to_string(kTagThunk) + "(%r15), %rdi\n" +
        "  cmpb $" + std::to_string(static_cast<uint32_t>(Kind::kThunk)) + ", %dil\n" +
        "  jne .Lother\n" +
        "  shrq $26, %rdi\n" +
        "  andq $-64, %rdi\n" +
        "  addq " + std::to_string(runtime.info_base) + "(%r14), %rdi\n" +
        "  jmpq *(%rdi)\n" +
        ".Lother:\n  jmpq *" + address_of(runtime.eval_value) + "\n");
    return forces;
  }

  /// What a resumption begins with if it allocates: a safepoint, where one is wanted.
  std::string resume_poll() {
    if (!has_resume_poll) {
      module.appendModuleInlineAsm(".text\n.Lpoll:\n  jmpq *" +
                                   address_of(runtime.safepoint_slow) + "\n");
      has_resume_poll = true;
    }
    return "  cmpq %r13, " + std::to_string(runtime.hp_limit) + "(%r14)\n  jb .Lpoll\n";
  }

  /// The same for one that takes so many elements: the safepoint gets a row of them.
  std::string elements_poll(uint32_t count) {
    const std::string label = ".Lrow" + std::to_string(count);
    if (!has_elements_poll[count]) {
      has_elements_poll[count] = true;
      const auto place = [](uint32_t word) { return std::to_string(word * 8) + "(%r13)\n"; };
      std::string text = label + ":\n  movq $" +
                         std::to_string(make_header(Kind::kRow, count)) + ", " + place(0);
      for (uint32_t k = 0; k < count; ++k) {
        text += std::string("  movq %") + kRegisterNames[k] + ", " + place(k + 1);
      }
      text += "  leaq " + std::to_string(kTagData) + "(%r13), %r15\n  addq $" +
              std::to_string((count + 1) * 8) + ", %r13\n";
      module.appendModuleInlineAsm(".text\n" + text + "  jmpq *" +
                                   address_of(runtime.safepoint_slow) + "\n");
    }
    return "  cmpq %r13, " + std::to_string(runtime.hp_limit) + "(%r14)\n  jb " + label + "\n";
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
  bool has_elements = false;  ///< See Note [Elements in registers] in jit/codegen.h
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
  Function* resume_with_elements(size_t n) const {
    const auto at = root_with_elements_.find(n);
    return at == root_with_elements_.end() ? nullptr : roots_[at->second].function;
  }

 private:
  // --- Control flow of the linear code.
  void find_leaders();
  std::vector<size_t> flow_successors(size_t n) const;
  std::vector<size_t> resume_successors(size_t n) const;
  std::vector<size_t> successors_of(const Root& root) const;
  size_t behind_elements(size_t n) const;
  bool is_taken_apart(size_t n) const;
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
    return vm::is_known(o, fact, facts()[emitting_]);
  }
  const std::vector<vm::Facts>& facts() const { return in_loop_ ? loop_facts_ : facts_; }
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
  bool holds_new_thunk(size_t n) const;
  std::optional<size_t> row_returned_at(size_t n) const;
  bool is_row_of_return(size_t n) const;
  void return_row(const Instruction& row);
  IrValue wants_safepoint(bool heap);
  void request_stack() { ir_.CreateStore(constant(stack_need_), in_vm(s_.runtime.stack_request)); }
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
  IrValue not_small(uint32_t wanted, const std::vector<IrValue>& args, const Instruction* i);
  void leave_variant_unless_small(IrValue sp, const std::vector<IrValue>& args,
                                  const Instruction& i);
  void emit_entry(uint32_t root);
  void emit_resume(uint32_t root);
  void emit_resume_with_elements(uint32_t root);
  void pop_frame(size_t n);
  bool polls(uint32_t root) const;
  std::string poll_of(uint32_t root) const;
  Function* poll_stub();
  void emit_code();
  void emit(size_t n);
  void goto_instruction(size_t n);
  BasicBlock* block_at(size_t n);
  BasicBlock* first_form_at(size_t n);
  void emit_force(size_t n);
  void emit_function_test(size_t n);
  void emit_compare_branch(size_t n);
  void emit_switch(const Instruction& i);
  void emit_sum(const Instruction& i);
  void emit_long(size_t n);
  void emit_compare(size_t n);
  void emit_idx(size_t n);
  void emit_lazy(const Instruction& i);
  IrValue must_suspend(const Instruction& i, IrValue x, IrValue y);
  IrValue compare_with_small(const Instruction& i, IrValue x, IrValue y);
  IrValue difference(IrValue x, IrValue y);
  IrValue product(IrValue x, IrValue y, IrValue& overflow);
  IrValue immediate_result(vm::NatOp op, IrValue x, IrValue y, IrValue& overflow);
  void emit_jet(size_t n);
  IrValue jet_in_line(const Instruction& i, const std::vector<IrValue>& args, BasicBlock* other);
  IrValue element_at(IrValue index, IrValue sequence, Kind kind, BasicBlock* other);
  void emit_self_tail(size_t n);
  IrValue lazy_result(const Instruction& i, IrValue x, IrValue y, IrValue& overflow);
  void emit_lazy_idx(const Instruction& i);
  void emit_lazy_element(const Instruction& i);
  void emit_build(const Instruction& i);
  void emit_set_element(const Instruction& i);
  IrValue seen_through(const Operand& o);
  IrValue place(IrValue header, const std::vector<IrValue>& words, Word tag);
  IrValue allocate(IrValue header, const std::vector<IrValue>& words, Word tag) {
    allocates_[emitting_] = true;
    return place(header, words, tag);
  }
  IrValue allocate(Word header, const std::vector<IrValue>& words, Word tag) {
    return allocate(constant(header), words, tag);
  }
  IrValue condition_of(const Instruction& i);
  IrValue truth(const Operand& o);
  IrValue is_nat(const Operand& o);
  IrValue compare_one_small(Op op, const Operand& a, const Operand& b);
  IrValue length_above(IrValue v, Kind kind, Word index, BasicBlock* other);

  // --- See Note [Loops for small numbers] in jit/codegen.h.
  /// The arms of a conditional, by instructions.
  struct Arms {
    size_t then_end;
    size_t otherwise;
    size_t end;
  };
  /// The first is not above the second.
  struct Order {
    Operand low, high;
  };
  void find_loop();
  bool has_loop() const { return in_loop_code_[0]; }
  bool is_small_in_loop(uint32_t p) const { return p < 32 && ((b_.loop.small >> p) & 1) != 0; }
  IrValue tagged(IrValue number) { return ir_.CreateShl(number, constant(1), "", true); }
  IrValue untagged(IrValue nat) { return ir_.CreateLShr(nat, constant(1)); }
  void emit_loop();
  void load_turn_args();
  void store_turn_args(const std::vector<IrValue>& args);
  void leave_loop_if(IrValue condition);
  bool emit_in_loop(const Instruction& i);
  void emit_small(const Instruction& i);
  std::vector<IrValue> small_arguments(const Instruction& i);
  IrValue loop_condition(const Instruction& i);
  IrValue plain_result(const Instruction& i, IrValue x, IrValue y, IrValue& overflow);
  IrValue plain_quotient(const Instruction& i, IrValue x, IrValue y, IrValue& overflow);
  IrValue plain_comparison(const Instruction& i, IrValue x, IrValue y);
  IrValue plain_nat_result(vm::NatOp op, IrValue x, IrValue y, IrValue& overflow);
  void emit_next_turn(const Instruction& i, const std::vector<IrValue>& args);
  void emit_loop_poll(BasicBlock* polled, BasicBlock* slow);
  bool is_plain(size_t n) const;
  std::optional<size_t> end_of_arm(size_t n) const;
  std::optional<Arms> arms_at(size_t n) const;
  void emit_arms(size_t n, const Arms& arms);
  void emit_arm(size_t from, size_t to, const Order& order);
  Order order_of(size_t n, bool is_true) const;
  bool is_ordered(const Operand& low, const Operand& high) const;
  IrValue choose(IrValue condition, IrValue then, IrValue otherwise);

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
  std::map<size_t, uint32_t> root_with_elements_;  ///< the same
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

  // The second form of a loop.
  bool in_loop_ = false;            ///< it is being emitted
  std::vector<bool> in_loop_code_;  ///< per instruction; the rest it has not
  std::vector<uint32_t> label_uses_;
  std::vector<vm::Facts> loop_facts_;
  std::vector<BasicBlock*> loop_block_at_;
  BasicBlock* loop_turn_ = nullptr;
  BasicBlock* loop_poll_ = nullptr;  ///< before it
  BasicBlock* loop_exit_ = nullptr;  ///< begins the turn anew in the first form
  std::vector<llvm::AllocaInst*> turn_args_;  ///< parameters at its start; small ones without tags
  Order order_;                     ///< known in an arm
  uint32_t stack_need_ = 0;         ///< most words pushed below sp at once
};

}  // namespace plan::jit
