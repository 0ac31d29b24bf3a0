// jit/compiler.cc: the plug-in: TierRequests through LLVM into images.
#include "jit/compiler.h"

#include <memory>

#include "jit/codegen.h"
#include "jit/emitter.h"
#include "jit/linker.h"
#include "jit/llvm_codegen.h"
#include "jit/llvm_ir.h"
#include "jit/simplifier.h"

namespace plan::jit {

namespace {

#ifdef PLAN_ASSERTS
constexpr bool kVerify = true;
#else
constexpr bool kVerify = false;
#endif

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
    if (target_ == nullptr) return false;
    if (!options_.quick) simplifier_ = std::make_unique<Simplifier>(*target_);
    emitter_ = std::make_unique<Emitter>(*target_, options_.quick);
    return emitter_->is_complete();
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
    if (simplifier_ != nullptr) simplifier_->run(module);
    load_slots(generated);
    if (request.dump) show(module);
    image.slots = std::move(generated.slots);
    const bool linked = link_image(emitter_->emit(module), generated.entries, image);
    return linked ? vm::TierFailure::kNone : vm::TierFailure::kCompiler;
  }

 private:
  /// The module and its assembly, on standard error. The module itself stays as it is.
  void show(const llvm::Module& module) {
    module.print(llvm::errs(), nullptr);
    llvm::errs() << emitter_->assembly(*llvm::CloneModule(module));
  }

  vm::TierRuntime runtime_;
  CompilerOptions options_;
  std::unique_ptr<llvm::TargetMachine> target_;
  std::unique_ptr<Simplifier> simplifier_;  ///< null: quick
  std::unique_ptr<Emitter> emitter_;
};

}  // namespace

}  // namespace plan::jit

extern "C" __attribute__((visibility("default"))) plan::jit::Compiler* palladium_make_compiler(
    const plan::vm::TierRuntime& runtime, const plan::jit::CompilerOptions& options) {
  auto compiler = std::make_unique<plan::jit::LlvmCompiler>(runtime, options);
  return compiler->start() ? compiler.release() : nullptr;
}
