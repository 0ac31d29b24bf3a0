// jit/native_tier.cc: the compile thread.
//
// Threads    : submit, take_finished and forget are the evaluator's; compile_loop is the other
//              thread's. They share the queue, under the mutex. A request under compilation
//              belongs to the compile thread but for its `twin`, which only the evaluator reads.
#include "jit/native_tier.h"

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>

#include <dlfcn.h>
#include <unistd.h>

#include "vm/eval.h"
#include "vm/machine.h"

namespace plan::jit {

namespace {

constexpr const char* kPlugIn = "libpalladium_native.so";

std::string folder_of_program() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  if (n <= 0) return ".";
  const std::string text(path, static_cast<size_t>(n));
  return text.substr(0, text.rfind('/'));
}

/// Where the plug-in is looked for, in this order.
std::vector<std::string> candidates() {
  const std::string folder = folder_of_program();
  return {
      folder + "/" + kPlugIn,                         // beside the program
      folder + "/../lib/palladium/" + kPlugIn,        // installed
      folder + "/../jit/" + kPlugIn,                  // in a build folder: tools/palladium
      folder + "/../../jit/" + kPlugIn,               // tests/x/x_test
  };
}

class NativeTier : public vm::Tier {
 public:
  NativeTier(vm::Machine& machine, const CompilerOptions& options)
      : vm_(machine), options_(options), runtime_(vm::tier_runtime(machine)) {}

  ~NativeTier() override {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    work_.notify_one();
    thread_.join();
    delete compiler_;
  }

  void submit(std::unique_ptr<vm::TierRequest> request, bool wait) override {
    if (!thread_.joinable()) thread_ = std::thread([this] { compile_loop(); });
    const vm::TierRequest* mine = request.get();
    std::unique_lock<std::mutex> lock(mutex_);
    waiting_.push_back(std::move(request));
    work_.notify_one();
    if (!wait) return;
    done_.wait(lock, [&] {
      for (const auto& finished : finished_) {
        if (finished.get() == mine) return true;
      }
      return false;
    });
  }

  std::unique_ptr<vm::TierRequest> take_finished() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (finished_.empty()) return nullptr;
    std::unique_ptr<vm::TierRequest> request = std::move(finished_.front());
    finished_.pop_front();
    return request;
  }

  void forget(vm::Code* twin) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::erase_if(waiting_, [&](const auto& request) { return request->twin == twin; });
    if (current_ != nullptr && current_->twin == twin) current_->twin = nullptr;
    for (const auto& request : finished_) {
      if (request->twin == twin) request->twin = nullptr;
    }
  }

 private:
  void compile_loop() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (stop_) return;
      std::unique_ptr<vm::TierRequest> request = std::move(waiting_.front());
      waiting_.pop_front();
      current_ = request.get();
      lock.unlock();
      if (!load_tried_) load();
      if (compiler_ != nullptr) {
        compiler_->compile(*request);
      } else {
        request->failure = vm::TierFailure::kCompiler;
      }
      lock.lock();
      current_ = nullptr;
      finished_.push_back(std::move(request));
      done_.notify_all();
      vm_.tier_ready.store(true, std::memory_order_relaxed);
      vm_.lower_limits();
    }
  }

  void load() {
    load_tried_ = true;
    void* library = nullptr;
    for (const std::string& path : candidates()) {
      if (access(path.c_str(), R_OK) != 0) continue;
      library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (library == nullptr) {
        fprintf(stderr, "palladium: no native code, the interpreter goes on: %s\n", dlerror());
        return;
      }
      break;
    }
    if (library == nullptr) {
      fprintf(stderr, "palladium: no native code: %s was not found; the interpreter goes on\n",
              kPlugIn);
      return;
    }
    const auto make = reinterpret_cast<MakeCompiler>(dlsym(library, kMakeCompilerSymbol));
    if (make != nullptr) compiler_ = make(runtime_, options_);
    if (compiler_ == nullptr) {
      fprintf(stderr, "palladium: no native code: the compiler cannot work on this machine; "
                      "the interpreter goes on\n");
    }
  }

  vm::Machine& vm_;
  CompilerOptions options_;
  vm::TierRuntime runtime_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<std::unique_ptr<vm::TierRequest>> waiting_;
  std::deque<std::unique_ptr<vm::TierRequest>> finished_;
  vm::TierRequest* current_ = nullptr;
  bool stop_ = false;
  Compiler* compiler_ = nullptr;  ///< compile thread; never unloaded, its code may be running
  bool load_tried_ = false;
};

}  // namespace

void attach_native_tier(vm::Evaluator& evaluator, const CompilerOptions& options) {
  vm::Machine& machine = evaluator.machine();
  if (machine.options.tier == vm::TierMode::kInterpreter) return;
  machine.tier = std::make_unique<NativeTier>(machine, options);
}

}  // namespace plan::jit
