// jit/compiler.cc: the plug-in: TierRequests through LLVM ORC into the code arena.
#include "jit/compiler.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstring>

#include <unistd.h>

#include "jit/code_arena.h"
#include "jit/codegen.h"
#include "jit/llvm_ir.h"
#include "jit/llvm_orc.h"

namespace plan::jit {

namespace {

using llvm::orc::LLJIT;

#ifdef PLAN_ASSERTS
constexpr bool kVerify = true;
#else
constexpr bool kVerify = false;
#endif

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

std::string symbol_name(std::string name) {
  const auto is_odd = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; };
  std::replace_if(name.begin(), name.end(), is_odd, '_');
  return name;
}

/// A handful of cheap passes: the linear code is already optimised, and instruction selection takes
/// most of the time in any case.
void run_passes(llvm::Module& module, llvm::TargetMachine* target) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(target);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::GVNPass());
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::DCEPass());
  for (llvm::Function& f : module) {
    if (!f.isDeclaration()) passes.run(f, functions);
  }
}

class OrcCompiler : public Compiler {
 public:
  OrcCompiler(const vm::TierRuntime& runtime, const CompilerOptions& options)
      : runtime_(runtime), options_(options) {}

  /// False if this machine cannot be compiled for.
  bool start() {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    auto machine = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!machine) return fail(machine.takeError());
    if (machine->getTargetTriple().getArch() != llvm::Triple::x86_64) return false;
    machine->setCodeGenOptLevel(options_.quick ? llvm::CodeGenOptLevel::None
                                               : llvm::CodeGenOptLevel::Default);
    machine->setRelocationModel(llvm::Reloc::PIC_);
    auto target = machine->createTargetMachine();
    if (!target) return fail(target.takeError());
    target_ = std::move(*target);
    std::unique_ptr<CodeArena> arena = CodeArena::create(options_.code_bytes_max);
    if (arena == nullptr) return false;
    arena_ = arena.get();
    auto jit = llvm::orc::LLJITBuilder()
                   .setJITTargetMachineBuilder(std::move(*machine))
                   .setObjectLinkingLayerCreator(
                       [&](llvm::orc::ExecutionSession& session, const llvm::Triple&) {
                         return std::make_unique<llvm::orc::ObjectLinkingLayer>(
                             session, std::move(arena));
                       })
                   .create();
    if (!jit) return fail(jit.takeError());
    jit_ = std::move(*jit);
    if (options_.perf_map) {
      perf_map_ = fopen(("/tmp/perf-" + std::to_string(getpid()) + ".map").c_str(), "a");
    }
    return true;
  }

  ~OrcCompiler() override {
    if (perf_map_ != nullptr) fclose(perf_map_);
  }

  void compile(vm::TierRequest& request) override {
    const uint64_t before = now_ns();
    const uint64_t used = arena_->used_bytes();
    request.failure = compile_module(request);
    request.compile_ns = now_ns() - before;
    request.code_bytes = arena_->used_bytes() - used;
  }

 private:
  static bool fail(llvm::Error error) {
    llvm::consumeError(std::move(error));
    return false;
  }
  vm::TierFailure refuse(llvm::Error error) {
    const bool full = arena_->free_bytes() < kCodeMarginBytes;
    llvm::consumeError(std::move(error));
    return full ? vm::TierFailure::kCodeBudget : vm::TierFailure::kCompiler;
  }

  vm::TierFailure compile_module(vm::TierRequest& request) {
    if (arena_->free_bytes() < kCodeMarginBytes) return vm::TierFailure::kCodeBudget;
    const std::string table = "table" + std::to_string(++serial_);
    // Symbols of different requests must differ, names of laws need not.
    const std::string law = request.name;
    request.name = symbol_name(law) + "." + std::to_string(serial_);
    auto context = std::make_unique<llvm::LLVMContext>();
    std::unique_ptr<llvm::Module> module = generate(*context, request, runtime_, table);
    module->setDataLayout(jit_->getDataLayout());
    module->setTargetTriple(jit_->getTargetTriple().str());
    if constexpr (kVerify) {
      if (llvm::verifyModule(*module, &llvm::errs())) return vm::TierFailure::kCompiler;
    }
    const bool dump = options_.dump != nullptr && law == options_.dump;
    if (!options_.quick) run_passes(*module, target_.get());
    if (dump) module->print(llvm::errs(), nullptr);
    llvm::orc::ThreadSafeModule unit(std::move(module), std::move(context));
    if (llvm::Error error = jit_->addIRModule(std::move(unit))) return refuse(std::move(error));
    auto address = jit_->lookup(table);
    if (!address) return refuse(address.takeError());
    void* const* word = address->toPtr<void* const*>();
    for (vm::TierBlock& block : request.blocks) {
      block.entry = *word++;
      block.worker = *word++;
      block.resume_entries.assign(block.resumes.size(), nullptr);
      for (size_t n = 0; n < block.resumes.size(); ++n) {
        if (block.resumes[n] != nullptr) block.resume_entries[n] = *word++;
      }
      note(request.name, block);
    }
    request.name = law;
    return vm::TierFailure::kNone;
  }

  /// One line per entry; perf attributes what follows to it.
  void note(const std::string& name, const vm::TierBlock& block) {
    if (perf_map_ == nullptr) return;
    const auto line = [&](const void* at, const char* what) {
      if (at == nullptr) return;
      fprintf(perf_map_, "%lx 40 %s.%s\n", reinterpret_cast<unsigned long>(at), name.c_str(), what);
    };
    line(block.entry, "entry");
    line(block.worker, "worker");
    for (const void* at : block.resume_entries) line(at, "resume");
    fflush(perf_map_);
  }

  static constexpr uint64_t kCodeMarginBytes = uint64_t{1} << 20;
  vm::TierRuntime runtime_;
  CompilerOptions options_;
  CodeArena* arena_ = nullptr;
  std::unique_ptr<llvm::TargetMachine> target_;
  std::unique_ptr<LLJIT> jit_;
  FILE* perf_map_ = nullptr;
  uint64_t serial_ = 0;
};

}  // namespace

}  // namespace plan::jit

extern "C" __attribute__((visibility("default"))) plan::jit::Compiler* palladium_make_compiler(
    const plan::vm::TierRuntime& runtime, const plan::jit::CompilerOptions& options) {
  auto compiler = std::make_unique<plan::jit::OrcCompiler>(runtime, options);
  return compiler->start() ? compiler.release() : nullptr;
}
