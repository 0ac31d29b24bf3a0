// bench/micro/code_cache_bench.cc: what it costs to open the code cache's file, and to find code.
//
// The records are as large as those of real laws (4 KB in the median). The file is in the system's
// memory: what a disk adds is not measured.
#include "jit/code_cache.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "jit/cache_folder.h"

namespace plan::jit {
namespace {

constexpr int64_t kRecordsFew = 1 << 6;
constexpr int64_t kRecordsMany = 1 << 12;
constexpr size_t kPayloadBytes = 4000;

Hash256 key_of(uint64_t n) { return blake3({reinterpret_cast<const uint8_t*>(&n), sizeof n}); }

/// A file of so many records.
class Records {
 public:
  explicit Records(int64_t count) {
    const auto cache = open();
    std::vector<uint8_t> payload(kPayloadBytes);
    for (uint64_t n = 0; n < static_cast<uint64_t>(count); ++n) {
      payload[0] = static_cast<uint8_t>(n);
      cache->add(key_of(n), n, payload);
    }
  }

  std::unique_ptr<CodeCache> open() const {
    Result<std::unique_ptr<CodeCache>> cache = CodeCache::open(place_.code(), key_of(0));
    PLAN_CHECK(cache.has_value());
    return std::move(*cache);
  }

 private:
  const CacheFolder place_;
};

void open_file(benchmark::State& state) {
  const Records records(state.range(0));
  for (auto _ : state) {
    const auto cache = records.open();
    benchmark::DoNotOptimize(cache->empty());
  }
}
BENCHMARK(open_file)->Arg(kRecordsFew)->Arg(kRecordsMany);

// Once each, as a process does.
void open_file_and_find_all(benchmark::State& state) {
  const Records records(state.range(0));
  for (auto _ : state) {
    const auto cache = records.open();
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
