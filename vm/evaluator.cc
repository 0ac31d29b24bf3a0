// vm/evaluator.cc: the machine's set-up, and the doors by which direct code evaluates.
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "gc/make.h"
#include "vm/eval.h"
#include "vm/machine.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

constexpr uint64_t kFirstStackWords = uint64_t{1} << 17;

/// Leaf functions of the nats as functions, by vm/apply.cc's nat_class.
struct NatFunction {
  LeafJet leaf;
  uint32_t arity;
};
constexpr NatFunction kNatFunctions[6] = {
    {op_make_law, 3}, {op_reflect, 5}, {op_nat_case, 3}, {op_increment, 1}, {op_pin, 1},
    {op_crash, 1},
};

gc::Info* leaf_info(Machine& vm, JetFunction& record, LeafJet leaf, uint32_t arity) {
  record.arity = arity;
  record.leaf = reinterpret_cast<void*>(leaf);
  gc::Info* info = vm.infos.add();
  info->entry = reinterpret_cast<void*>(run_leaf_jet);
  info->code = &record;
  info->arity = arity;
  info->frame_words = 1;
  info->kind = gc::InfoKind::kEntry;
  return info;
}

}  // namespace

Machine::Machine(const Options& o)
    : stack_limit(nullptr), hp_limit(nullptr), heap(o.heap), collector(heap, infos), options(o) {
  start_ns = now_ns();
  info_base = infos.base();
  heap.stack = &stack;
  heap.safepoint_limit = &hp_limit;
  stack_soft_limit = stack.base() - kFirstStackWords;
  stack_limit.store(stack_soft_limit, std::memory_order_relaxed);
  hp_limit.store(heap.hp_limit, std::memory_order_relaxed);
  collector.observe(release_region_code, this);
  register_apply_infos(*this);
  register_runtime_infos(*this);
  heap.apply_thunk_index = apply_thunk_info->index;
  for (uint32_t i = 0; i < 6; ++i) {
    nat_info[i] = leaf_info(*this, nat_records[i], kNatFunctions[i].leaf,
                            kNatFunctions[i].arity);
  }
  set_info = leaf_info(*this, nat_records[6], op_set, 1);
  ir_jets = std::make_unique<IrJets>(heap);
  jet_call = std::unique_ptr<JetCall>(new JetCall{heap, nullptr});
  jet_call->machine = this;
  jet_call->interrupt = &interrupt;
}

Machine::~Machine() { heap.release_regions(release_region_code, this); }

Evaluator::Evaluator(const Options& options) : machine_(std::make_unique<Machine>(options)) {}
Evaluator::~Evaluator() {
  if (leaves_memory_) static_cast<void>(machine_.release());
}

gc::Heap& Evaluator::heap() { return machine_->heap; }

namespace {

/// Lowers the limits when the deadline comes, so that loops that never allocate notice it too.
class Watchdog {
 public:
  explicit Watchdog(Machine& vm) : vm_(vm) {
    if (vm.deadline_ns == 0) return;
    thread_ = std::thread([this] {
      std::unique_lock<std::mutex> lock(mutex_);
      const auto wait = std::chrono::nanoseconds(vm_.time_limit_ns + kSlackNs);
      if (!done_signal_.wait_for(lock, wait, [this] { return done_; })) {
        vm_.lower_limits();
      }
    });
  }
  ~Watchdog() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
    }
    done_signal_.notify_one();
    thread_.join();
    if (!vm_.interrupt.load(std::memory_order_relaxed)) {
      vm_.reset_limits();
    }
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  static constexpr uint64_t kSlackNs = 1'000'000;
  Machine& vm_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable done_signal_;
  bool done_ = false;
};

/// Runs `entry` on a fresh stop frame. Arguments, if any, are pushed by `entry`'s caller through
/// `args`; r1 = `first`, r3 = their number.
Outcome run(Machine& vm, EvalFn entry, Value first, std::span<const Value> args, bool normal) {
  Word* sp = vm.stack.sp;
  PLAN_CHECK(static_cast<uint64_t>(sp - vm.stack.floor()) > args.size() + 1024);
  sp -= 1;
  sp[0] = word_of(vm.stop_info);
  if (normal) {
    sp -= 1;
    sp[0] = word_of(vm.normalise_top_info);
  }
  sp -= args.size();
  for (size_t i = 0; i < args.size(); ++i) sp[i] = args[i].word;
  vm.outcome = OutcomeKind::kValue;
  vm.deadline_ns = vm.time_limit_ns == 0 ? 0 : now_ns() + vm.time_limit_ns;
  const Watchdog watchdog(vm);
  entry(sp, vm.heap.hp, &vm, first.word, 0, args.size(), 0, 0, 0, 0);
  Outcome out;
  out.kind = vm.outcome;
  out.value = vm.result;
  out.op = vm.crash_op;
  return out;
}

}  // namespace

Outcome Evaluator::whnf(Value v) {
  if (v.is_whnf()) return Outcome{OutcomeKind::kValue, v, {}};
  return run(*machine_, eval_value, v, {}, false);
}

Outcome Evaluator::normalise(Value v) {
  return run(*machine_, eval_value, v, {}, true);
}

Outcome Evaluator::apply(Value fn, std::span<const Value> args) {
  if (args.empty()) return whnf(fn);
  return run(*machine_, apply_values, fn, args, false);
}

Outcome Evaluator::apply_normal(Value fn, std::span<const Value> args) {
  if (args.empty()) return normalise(fn);
  return run(*machine_, apply_values, fn, args, true);
}

Value suspend_apply(gc::Heap& heap, Value fn, std::span<const Value> args) {
  PLAN_CHECK(args.size() < 0xffff);
  Object* o = heap.allocate(
      thunk_header(Kind::kThunk, 1 + args.size(), heap.apply_thunk_index), 1 + args.size());
  o->init(0, fn);
  for (size_t i = 0; i < args.size(); ++i) o->init(1 + i, args[i]);
  return tagged(o, kTagThunk);
}

Value Evaluator::suspend(Value fn, std::span<const Value> args) {
  return suspend_apply(machine_->heap, fn, args);
}

void Evaluator::request_interrupt() {
  machine_->interrupt.store(true, std::memory_order_relaxed);
  machine_->lower_limits();
}
void Evaluator::clear_interrupt() {
  machine_->interrupt.store(false, std::memory_order_relaxed);
  machine_->reset_limits();
}
void Evaluator::set_time_limit_ns(uint64_t ns) { machine_->time_limit_ns = ns; }
void Evaluator::set_trace_sink(TraceSink sink, void* context) {
  machine_->trace_sink = sink;
  machine_->trace_context = context;
}
void Evaluator::set_fallback_sink(TraceSink sink, void* context) {
  machine_->fallback_sink = sink;
  machine_->fallback_context = context;
}
void Evaluator::set_match_sink(JetMatchSink sink, void* context) {
  machine_->match_sink = sink;
  machine_->match_context = context;
}
Value Evaluator::pin(Value item) { return make_matched_pin(*machine_, item); }
void Evaluator::match(Value loaded) { match_loaded(*machine_, loaded); }
void Evaluator::match_one(Value pin) { match_pin(*machine_, pin); }

}  // namespace plan::vm
