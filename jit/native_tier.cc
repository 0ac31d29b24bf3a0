// jit/native_tier.cc: the compile thread, and what it made put into place.
//
// Threads    : submit, take_finished and forget are the evaluator's; compile_loop is the other
//              thread's. They share the queue, under the mutex. A job under compilation belongs
//              to the compile thread but for the `twin` of its request, which only the evaluator
//              reads. Code memory and the perf map are the evaluator's alone.
#include "jit/native_tier.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

#include "jit/build.h"
#include "jit/code_arena.h"
#include "jit/gdb.h"
#include "vm/eval.h"
#include "vm/machine.h"
#include "vm/unwind.h"

namespace plan::jit {

namespace {

constexpr const char* kPlugIn = "libpalladium_native.so";
/// So many requests share a record of summaries; what the last leave is written at the end.
constexpr uint64_t kSubmissionsTogether = 32;

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

/// The first of the candidates that exists; empty: none.
std::string find_plug_in() {
  for (std::string& path : candidates()) {
    if (access(path.c_str(), R_OK) == 0) return std::move(path);
  }
  return "";
}

/// What this thread has cost. Time spent waiting for a processor is no work of ours.
uint64_t thread_cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

/// A request on its way.
struct Job {
  std::unique_ptr<vm::TierRequest> request;
  References references;
  Hash256 key{};  ///< if there is a cache
  std::vector<StoredSummary> summaries;
  Image image;
};

class NativeTier : public vm::Tier {
 public:
  NativeTier(vm::Machine& machine, const NativeOptions& options)
      : vm_(machine), options_(options), runtime_(vm::tier_runtime(machine)) {}

  ~NativeTier() override {
    if (perf_map_ != nullptr) fclose(perf_map_);
    // What was new of the machine's laws came as they were freed.
    if (cache_ != nullptr) cache_->add_summaries(summaries_);
    if (!thread_.joinable()) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    work_.notify_one();
    thread_.join();
    delete compiler_;
  }

  /// See leave_native_tier(). False: nothing is under way.
  bool leave() {
    if (cache_ != nullptr) cache_->add_summaries(std::exchange(summaries_, {}));
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.clear();
    if (current_ == nullptr) return false;
    left_ = true;
    thread_.detach();
    return true;
  }

  bool translate(vm::Block& block) override {
    if (!templates_tried_) make_templates();
    if (templates_ == nullptr || !templates_->translate(block)) return false;
    if (!options_.perf_map && !options_.gdb) return true;
    const std::string name = vm::printable_name(block.code->function) + ".template";
    if (options_.perf_map) note(block.translation, block.translation_bytes, name);
    if (options_.gdb) {
      gdb_.add(code_of_function(name, block.translation, block.translation_bytes));
    }
    return true;
  }
  void release_translation(vm::Block& block) override {
    if (options_.gdb && block.translation != nullptr) gdb_.remove(block.translation);
    if (templates_ != nullptr) templates_->release(block);
  }

  bool has_stored_code() override {
    if (!cache_tried_) open_cache();
    return cache_ != nullptr && !cache_->empty();
  }
  bool has_stored_code(uint64_t subject) override {
    return has_stored_code() && cache_->knows(subject);
  }

  std::vector<uint8_t> find_summary(const Hash256& key) override {
    if (!cache_tried_) open_cache();
    return cache_ != nullptr ? cache_->find_summary(key) : std::vector<uint8_t>();
  }
  void add_summary(const Hash256& key, std::span<const uint8_t> bytes) override {
    if (cache_ != nullptr) summaries_.push_back({key, {bytes.begin(), bytes.end()}});
  }

  bool load(vm::TierRequest& request) override {
    // What is to be shown has to be made.
    if (!has_stored_code() || request.dump) return false;
    RequestWriter writer(request);
    const std::optional<std::vector<uint8_t>> payload = cache_->find(key_of(writer));
    if (!payload) return false;
    const std::optional<Image> image =
        decode_image(*payload, writer.references(), entries_of(request));
    if (!image || !place(*image, writer.references(), request)) return false;
    request.failure = vm::TierFailure::kNone;
    request.cached = true;
    return true;
  }

  void submit(std::unique_ptr<vm::TierRequest> request, bool wait) override {
    if (!cache_tried_) open_cache();
    if (!thread_.joinable()) thread_ = std::thread([this] { compile_loop(); });
    auto job = std::make_unique<Job>();
    RequestWriter writer(*request);
    if (cache_ != nullptr) {
      job->key = key_of(writer);
      job->summaries = some_summaries();
    }
    job->references = writer.take_references();
    job->request = std::move(request);
    const Job* mine = job.get();
    std::unique_lock<std::mutex> lock(mutex_);
    waiting_.push_back(std::move(job));
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
    std::unique_ptr<Job> job;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (finished_.empty()) return nullptr;
      job = std::move(finished_.front());
      finished_.pop_front();
    }
    vm::TierRequest& request = *job->request;
    if (request.twin != nullptr && request.failure == vm::TierFailure::kNone &&
        !place(job->image, job->references, request)) {
      if (wanted_ != 0) {  // it waits
        const std::lock_guard<std::mutex> lock(mutex_);
        finished_.push_front(std::move(job));
        return nullptr;
      }
      request.failure = has_no_code_memory_ ? vm::TierFailure::kCodeMemory
                                            : vm::TierFailure::kCodeBudget;
    }
    return std::move(job->request);
  }

  bool lacks_room() override {
    if (wanted_ != 0 && arena_->fits(wanted_)) wanted_ = 0;
    return wanted_ != 0;
  }
  bool is_half_full() override {
    return arena_ != nullptr && arena_->used_bytes() > arena_->bytes() / 2;
  }
  void give_back(vm::TierRequest& request) override {
    auto* at = static_cast<char*>(request.code);
    if (options_.gdb) gdb_.remove(at);
    arena_->release(at, request.code_bytes);
    request.code = nullptr;
    hopeless_ = ~uint64_t{0};
    was_given_back_ = true;
  }
  void give_up() override {
    hopeless_ = std::min(hopeless_, wanted_);
    wanted_ = 0;
  }

  void forget(vm::Code* twin) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::erase_if(waiting_, [&](const auto& job) { return job->request->twin == twin; });
    if (current_ != nullptr && current_->request->twin == twin) current_->request->twin = nullptr;
    for (const auto& job : finished_) {
      if (job->request->twin == twin) job->request->twin = nullptr;
    }
  }

 private:
  void compile_loop() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (stop_) return;
      std::unique_ptr<Job> job = std::move(waiting_.front());
      waiting_.pop_front();
      current_ = job.get();
      lock.unlock();
      if (!load_tried_ && !has_no_code_memory_) load();
      compile(*job);
      const Hash256 key = job->key;
      const uint64_t subject = job->request->subject;
      const std::vector<StoredSummary> summaries = std::move(job->summaries);
      std::vector<uint8_t> payload;
      if (cache_ != nullptr && job->request->failure == vm::TierFailure::kNone) {
        payload = encode_image(job->image);
      }
      lock.lock();
      if (left_) return;  // nothing of the evaluator is there any more
      current_ = nullptr;
      finished_.push_back(std::move(job));
      done_.notify_all();
      vm_.tier_ready.store(true, std::memory_order_relaxed);
      vm_.lower_limits();
      if (payload.empty() && summaries.empty()) continue;
      lock.unlock();
      if (!payload.empty()) cache_->add(key, subject, payload);
      if (!summaries.empty()) cache_->add_summaries(summaries);
      lock.lock();
    }
  }

  /// What is to be written with an image: what is new, if it is worth a record.
  std::vector<StoredSummary> some_summaries() {
    if (++submitted_ % kSubmissionsTogether != 0) return {};
    vm_.summaries.store();
    return std::exchange(summaries_, {});
  }

  void open_cache() {
    cache_tried_ = true;
    if (options_.code_cache.empty()) return;
    if (!kNativeBuilt) return refuse_cache("this build has no compiler");
    const std::optional<Hash256> build = build_hash(find_plug_in());
    if (!build) return refuse_cache("the program or the compiler has no build id");
    Result<std::unique_ptr<CodeCache>> cache =
        CodeCache::open(options_.code_cache, *build, options_.code_cache_bytes_max);
    if (!cache) return refuse_cache(cache.error().message);
    cache_ = std::move(*cache);
  }

  void refuse_cache(const std::string& why) const {
    if (!options_.code_cache_is_wanted) return;
    fprintf(stderr, "palladium: no code cache: %s\n", why.c_str());
  }

  /// Everything that code depends on, but for what the cache's file is for.
  Hash256 key_of(const RequestWriter& writer) const {
    Blake3 hash;
    const uint8_t quick = options_.compiler.quick ? 1 : 0;
    hash.update({&quick, 1});
    hash.update(runtime_text(runtime_));
    hash.update(writer.text());
    return hash.finish();
  }

  void compile(Job& job) {
    vm::TierRequest& request = *job.request;
    if (has_no_code_memory_) {
      request.failure = vm::TierFailure::kCodeMemory;
      return;
    }
    const uint64_t before = thread_cpu_ns();
    request.failure = compiler_ != nullptr ? compiler_->compile(request, job.image)
                                           : vm::TierFailure::kCompiler;
    request.compile_ns = thread_cpu_ns() - before;
  }

  void make_templates() {
    templates_tried_ = true;
    templates_ = Templates::create(vm_, options_.template_bytes_max);
    if (templates_ == nullptr && kTemplatesBuilt) note_no_code_memory();
  }

  /// From here on nothing is compiled any more.
  void note_no_code_memory() {
    if (has_no_code_memory_.exchange(true)) return;
    fprintf(stderr, "palladium: the system gives no memory for code; laws are interpreted\n");
  }

  /// Puts code into code memory. False if there is no room: see lacks_room(), or give it up.
  bool place(const Image& image, const References& references, vm::TierRequest& request) {
    if (has_no_code_memory_) return false;
    if (arena_ == nullptr) arena_ = CodeArena::create(options_.code_bytes_max);
    if (arena_ == nullptr) {
      note_no_code_memory();
      return false;
    }
    const uint64_t bytes = image.bytes.size();
    char* at = arena_->allocate(bytes);
    if (at == nullptr) {
      if (bytes < hopeless_) wanted_ = bytes;
      return false;
    }
    place_image(image, references, runtime_, arena_->writable(at), at, request);
    request.code = at;
    if (was_given_back_) forget_old_code();
    if (options_.perf_map) {
      for (size_t k = 0; k < image.functions.size(); ++k) {
        const ImageFunction& f = image.functions[k];
        note(at + f.offset, image.end_of(k) - f.offset, request.name + "." + f.name);
      }
    }
    if (options_.gdb) gdb_.add(code_of_image(image, request.name, at));
    return true;
  }

  /// For perf: a line for a function.
  void note(const char* at, uint64_t bytes, const std::string& name) {
    if (perf_map_ == nullptr) {
      perf_map_ = fopen(("/tmp/perf-" + std::to_string(getpid()) + ".map").c_str(), "a");
    }
    if (perf_map_ == nullptr) return;
    fprintf(perf_map_, "%lx %lx %s\n", reinterpret_cast<unsigned long>(at), bytes, name.c_str());
    fflush(perf_map_);
  }

  void load() {
    load_tried_ = true;
    if (!kNativeBuilt) return;
    const std::string path = find_plug_in();
    if (path.empty()) {
      fprintf(stderr, "palladium: no native code: %s was not found; programs run without it\n",
              kPlugIn);
      return;
    }
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      fprintf(stderr, "palladium: no native code, programs run without it: %s\n", dlerror());
      return;
    }
    const auto make = reinterpret_cast<MakeCompiler>(dlsym(library, kMakeCompilerSymbol));
    if (make != nullptr) compiler_ = make(runtime_, options_.compiler);
    if (compiler_ == nullptr) {
      fprintf(stderr, "palladium: no native code: the compiler cannot work on this machine; "
                      "programs run without it\n");
    }
  }

  vm::Machine& vm_;
  NativeOptions options_;
  vm::TierRuntime runtime_;
  std::unique_ptr<CodeArena> arena_;  ///< made for the first image
  std::unique_ptr<Templates> templates_;
  bool templates_tried_ = false;
  std::atomic<bool> has_no_code_memory_ = false;  ///< known once some was wanted
  FILE* perf_map_ = nullptr;
  GdbSymbols gdb_;
  std::unique_ptr<CodeCache> cache_;  ///< set before the thread starts
  bool cache_tried_ = false;
  std::vector<StoredSummary> summaries_;  ///< not written yet
  uint64_t submitted_ = 0;
  uint64_t wanted_ = 0;               ///< bytes that did not fit
  uint64_t hopeless_ = ~uint64_t{0};  ///< so many cannot be had until something is given back
  bool was_given_back_ = false;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<std::unique_ptr<Job>> waiting_;
  std::deque<std::unique_ptr<Job>> finished_;
  Job* current_ = nullptr;
  bool stop_ = false;
  bool left_ = false;
  Compiler* compiler_ = nullptr;  ///< compile thread
  bool load_tried_ = false;
};

}  // namespace

void attach_native_tier(vm::Evaluator& evaluator, const NativeOptions& options) {
  vm::Machine& machine = evaluator.machine();
  if (!kNativeBuilt) {
    if (machine.options.tier == vm::TierMode::kNative) {
      machine.options.tier = vm::TierMode::kInterpreter;
    }
    machine.options.jit_threshold = UINT32_MAX;
  }
  if (machine.options.tier == vm::TierMode::kInterpreter) return;
  machine.tier = std::make_unique<NativeTier>(machine, options);
}

bool leave_native_tier(vm::Evaluator& evaluator) {
  vm::Machine& machine = evaluator.machine();
  machine.summaries.store();
  auto* tier = static_cast<NativeTier*>(machine.tier.release());
  if (tier != nullptr && tier->leave()) return true;
  delete tier;
  return false;
}

}  // namespace plan::jit
