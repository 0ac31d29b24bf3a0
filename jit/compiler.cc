// jit/compiler.cc: the plug-in: TierRequests through LLVM into images.
#include "jit/compiler.h"

#include <memory>

#include "jit/codegen.h"
#include "jit/linker.h"
#include "jit/llvm_codegen.h"
#include "jit/llvm_ir.h"

namespace plan::jit {

namespace {

#ifdef PLAN_ASSERTS
constexpr bool kVerify = true;
#else
constexpr bool kVerify = false;
#endif

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

/// Code for the processor that it is compiled on, which runs at any address.
std::unique_ptr<llvm::TargetMachine> make_target(bool quick) {
  const llvm::Triple triple(llvm::sys::getProcessTriple());
  if (triple.getArch() != llvm::Triple::x86_64) return nullptr;
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple.str(), error);
  if (target == nullptr) return nullptr;
  llvm::SubtargetFeatures features;
  for (const auto& feature : llvm::sys::getHostCPUFeatures()) {
    features.AddFeature(feature.first(), feature.second);
  }
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple.str(), llvm::sys::getHostCPUName(), features.getString(), llvm::TargetOptions(),
      llvm::Reloc::PIC_, llvm::CodeModel::Small,
      quick ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default, true));
}

class LlvmCompiler : public Compiler {
 public:
  LlvmCompiler(const vm::TierRuntime& runtime, const CompilerOptions& options)
      : runtime_(runtime), options_(options) {}

  /// False if this machine cannot be compiled for.
  bool start() {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    target_ = make_target(options_.quick);
    return target_ != nullptr;
  }

  vm::TierFailure compile(const vm::TierRequest& request, Image& image) override {
    llvm::LLVMContext context;
    GeneratedModule generated = generate(context, request, runtime_);
    llvm::Module& module = *generated.module;
    module.setDataLayout(target_->createDataLayout());
    module.setTargetTriple(target_->getTargetTriple().str());
    if constexpr (kVerify) {
      if (llvm::verifyModule(module, &llvm::errs())) return vm::TierFailure::kCompiler;
    }
    if (!options_.quick) run_passes(module, target_.get());
    load_slots(generated);
    if (request.dump) show(module);
    image.slots = std::move(generated.slots);
    llvm::SmallVector<char, 0> object;
    if (!emit(module, object)) return vm::TierFailure::kCompiler;
    const bool linked = link_image({object.data(), object.size()}, generated.entries, image);
    return linked ? vm::TierFailure::kNone : vm::TierFailure::kCompiler;
  }

 private:
  bool emit(llvm::Module& module, llvm::SmallVectorImpl<char>& object) {
    llvm::raw_svector_ostream stream(object);
    llvm::legacy::PassManager passes;
    llvm::MCContext* context = nullptr;
    if (target_->addPassesToEmitMC(passes, context, stream)) return false;
    passes.run(module);
    return true;
  }

  /// The module and its assembly, on standard error. The module itself stays as it is.
  void show(const llvm::Module& module) {
    module.print(llvm::errs(), nullptr);
    const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    llvm::SmallVector<char, 0> text;
    llvm::raw_svector_ostream stream(text);
    llvm::legacy::PassManager passes;
    if (target_->addPassesToEmitFile(passes, stream, nullptr,
                                     llvm::CodeGenFileType::AssemblyFile)) {
      return;
    }
    passes.run(*copy);
    llvm::errs() << stream.str();
  }

  vm::TierRuntime runtime_;
  CompilerOptions options_;
  std::unique_ptr<llvm::TargetMachine> target_;
};

}  // namespace

}  // namespace plan::jit

extern "C" __attribute__((visibility("default"))) plan::jit::Compiler* palladium_make_compiler(
    const plan::vm::TierRuntime& runtime, const plan::jit::CompilerOptions& options) {
  auto compiler = std::make_unique<plan::jit::LlvmCompiler>(runtime, options);
  return compiler->start() ? compiler.release() : nullptr;
}
