// bench/micro/code_cache_bench.cc: what it costs to open the code cache's file, and to find code.
//
// The records are as large as those of real laws (4 KB in the median). The file is in the system's
// memory: what a disk adds is not measured.
#include "jit/code_cache.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/file.h"

namespace plan::jit {
namespace {

constexpr int64_t kRecordsFew = 1 << 6;
constexpr int64_t kRecordsMany = 1 << 12;
constexpr size_t kPayloadBytes = 4000;

Hash256 key_of(uint64_t n) { return blake3({reinterpret_cast<const uint8_t*>(&n), sizeof n}); }

/// A folder with a file of so many records.
class Folder {
 public:
  explicit Folder(int64_t records) {
    std::string name = "/tmp/code_cache_bench_XXXXXX";
    PLAN_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
    const auto cache = open();
    std::vector<uint8_t> payload(kPayloadBytes);
    for (uint64_t n = 0; n < static_cast<uint64_t>(records); ++n) {
      payload[0] = static_cast<uint8_t>(n);
      cache->add(key_of(n), n, payload);
    }
  }
  ~Folder() {
    for (const FileEntry& file : list_files(path_)) remove_file(path_ + "/" + file.name);
    rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::unique_ptr<CodeCache> open() const {
    Result<std::unique_ptr<CodeCache>> cache = CodeCache::open(path_, key_of(0));
    PLAN_CHECK(cache.has_value());
    return std::move(*cache);
  }

 private:
  std::string path_;
};

void open_file(benchmark::State& state) {
  const Folder folder(state.range(0));
  for (auto _ : state) {
    const auto cache = folder.open();
    benchmark::DoNotOptimize(cache->empty());
  }
}
BENCHMARK(open_file)->Arg(kRecordsFew)->Arg(kRecordsMany);

// Once each, as a process does.
void open_file_and_find_all(benchmark::State& state) {
  const Folder folder(state.range(0));
  for (auto _ : state) {
    const auto cache = folder.open();
    for (uint64_t n = 0; n < static_cast<uint64_t>(state.range(0)); ++n) {
      benchmark::DoNotOptimize(cache->find(key_of(n)));
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(open_file_and_find_all)->Arg(kRecordsFew)->Arg(kRecordsMany);

}  // namespace
}  // namespace plan::jit

BENCHMARK_MAIN();
