// vm/summary_test.cc: summaries as bytes, and that what one machine found out the next one knows.
#include "vm/summary.h"

#include "gc/hash.h"
#include "gc/seed.h"
#include "vm/ir_test.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

namespace plan::vm {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint64_t kArity = 7;

// --- The bytes.

bool same(const Demand& a, const Demand& b) {
  return a.has_order_of(b) && a.total == b.total && a.gives_nat == b.gives_nat &&
         a.kinds_asked == b.kinds_asked;
}

bool same(const Summary& a, const Summary& b) {
  return a.is_loop == b.is_loop && a.inline_leaves == b.inline_leaves && a.absent == b.absent &&
         a.usage == b.usage &&
         std::equal(a.demands.begin(), a.demands.end(), b.demands.begin(), b.demands.end(),
                    [](const KindsDemand& x, const KindsDemand& y) {
                      return x.nats == y.nats && same(x.demand, y.demand);
                    });
}

class Random {
 public:
  explicit Random(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t n) { return random_() % n; }

  Summary summary() {
    Summary s;
    if (below(2) == 0) s.is_loop = below(2) == 0;
    if (below(2) == 0) s.inline_leaves = below(3) == 0 ? kNeverInlined : uint8_t(below(80));
    if (below(2) == 0) s.absent = below(1 << kArity);
    if (below(2) == 0) s.usage = usage();
    const uint64_t count = below(kSummaryDemandsMax + 1);
    for (uint64_t n = 0; n < count; ++n) s.demands.push_back({n * 3, demand(), false});
    return s;
  }

 private:
  Demand demand() {
    Demand d;
    d.total = below(2) == 0;
    d.gives_nat = d.total && below(2) == 0;
    d.kinds_asked = below(1 << kArity);
    uint8_t arguments[kArity];
    for (uint8_t i = 0; i < kArity; ++i) arguments[i] = i;
    std::shuffle(std::begin(arguments), std::end(arguments), random_);
    const uint64_t count = below(kArity + 1);
    for (uint64_t i = 0; i < count; ++i) d.add(arguments[i]);
    return d;
  }

  Usage usage() {
    Usage u{.once = below(1 << kArity), .relies_on = {}};
    const uint64_t count = below(kReliancesMax + 1);
    for (uint64_t n = 0; n < count; ++n) {
      u.relies_on.push_back({static_cast<uint16_t>(below(1 << 16)), random_()});
    }
    return u;
  }

  std::mt19937_64 random_;
};

uint64_t seed() {
  const char* fixed = std::getenv("PLAN_SEED");
  return fixed != nullptr ? std::strtoul(fixed, nullptr, 10) : std::random_device{}();
}

TEST(SummaryBytes, ReadBackAsTheyWereWritten) {
  const uint64_t s = seed();
  SCOPED_TRACE("PLAN_SEED=" + std::to_string(s));
  Random random(s);
  for (int round = 0; round < 2000; ++round) {
    const Summary summary = random.summary();
    const Bytes bytes = encode_summary(summary);
    ASSERT_LE(bytes.size(), kSummaryBytesMax);
    if (bytes.empty()) continue;
    const std::optional<Summary> read = decode_summary(bytes, kArity);
    ASSERT_TRUE(read.has_value());
    EXPECT_TRUE(same(*read, summary));
  }
}

TEST(SummaryBytes, CutAnywhereAreRefused) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    const Bytes bytes = encode_summary(random.summary());
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_summary(std::span(bytes).first(size), kArity).has_value());
    }
  }
}

// What is read is a summary of such a law, whatever the bytes were.
TEST(SummaryBytes, DamagedAreRefusedOrMeanSomethingGood) {
  const uint64_t s = seed();
  SCOPED_TRACE("PLAN_SEED=" + std::to_string(s));
  Random random(s);
  uint64_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = encode_summary(random.summary());
    if (bytes.empty()) continue;
    for (uint64_t n = random.below(4); n-- > 0;) {
      bytes[random.below(bytes.size())] = static_cast<uint8_t>(random.below(256));
    }
    const std::optional<Summary> read = decode_summary(bytes, kArity);
    refused += read ? 0 : 1;
    if (!read) continue;
    ASSERT_LE(read->demands.size(), kSummaryDemandsMax);
    EXPECT_LT(read->absent.value_or(0), uint64_t{1} << kArity);
    if (read->usage) EXPECT_LT(read->usage->once, uint64_t{1} << kArity);
    for (const KindsDemand& d : read->demands) {
      EXPECT_LT(d.nats, uint64_t{1} << kArity);
      EXPECT_LT(d.demand.kinds_asked, uint64_t{1} << kArity);
      EXPECT_TRUE(d.demand.total || !d.demand.gives_nat);
      for (const uint8_t argument : d.demand.order()) EXPECT_LT(argument, kArity);
    }
    EXPECT_TRUE(same(*decode_summary(encode_summary(*read), kArity), *read));
  }
  EXPECT_GT(refused, 0u);
}

TEST(SummaryBytes, AreNotOfALawWithFewerParameters) {
  Summary summary;
  Demand demand;
  demand.add(2);
  summary.demands.push_back({0, demand, false});
  EXPECT_TRUE(decode_summary(encode_summary(summary), 3).has_value());
  EXPECT_FALSE(decode_summary(encode_summary(summary), 2).has_value());
  Summary other;
  other.absent = 4;
  EXPECT_TRUE(decode_summary(encode_summary(other), 3).has_value());
  EXPECT_FALSE(decode_summary(encode_summary(other), 2).has_value());
  Summary last;
  last.usage = Usage{.once = 4, .relies_on = {{.constant = 0, .parameters = 8}}};
  EXPECT_TRUE(decode_summary(encode_summary(last), 3).has_value());
  EXPECT_FALSE(decode_summary(encode_summary(last), 2).has_value());
}

TEST(SummaryBytes, LeaveOutWhatIsProvisional) {
  Summary summary;
  summary.demands.push_back({0, Demand{}, true});
  EXPECT_TRUE(encode_summary(summary).empty());
  summary.demands.push_back({1, Demand{}, false});
  const std::optional<Summary> read = decode_summary(encode_summary(summary), kArity);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->demand(0), nullptr);
  EXPECT_NE(read->demand(1), nullptr);
  summary.absent = 1;
  EXPECT_TRUE(decode_summary(encode_summary(summary), kArity)->absent.has_value());
  summary.is_absent_provisional = true;
  EXPECT_FALSE(decode_summary(encode_summary(summary), kArity)->absent.has_value());
  summary.usage = Usage{};
  EXPECT_TRUE(decode_summary(encode_summary(summary), kArity)->usage.has_value());
  summary.is_usage_provisional = true;
  EXPECT_FALSE(decode_summary(encode_summary(summary), kArity)->usage.has_value());
}

// --- From one machine to the next.

using Store = std::map<Hash256, Bytes>;

/// Keeps summaries, and nothing else.
class KeepingTier : public Tier {
 public:
  explicit KeepingTier(Store& store) : store_(store) {}
  Bytes find_summary(const Hash256& key) override {
    const auto at = store_.find(key);
    return at == store_.end() ? Bytes() : at->second;
  }
  void add_summary(const Hash256& key, std::span<const uint8_t> bytes) override {
    store_[key].assign(bytes.begin(), bytes.end());
  }
  void submit(std::unique_ptr<TierRequest>, bool) override {}
  std::unique_ptr<TierRequest> take_finished() override { return nullptr; }
  void forget(Code*) override {}

 private:
  Store& store_;
};

class Process : public IrTest {
 public:
  explicit Process(Store& store, const Options& options = Options{}) : IrTest(options) {
    machine().tier = std::make_unique<KeepingTier>(store);
  }
  void TestBody() override {}

  /// With its hash known, unless that is not wanted.
  Value keep(std::string_view name, std::string_view text, bool with_hash = true) {
    const Value pin = define(name, text);
    roots_.push_back(std::make_unique<gc::Root>(heap_, pin));
    if (with_hash) EXPECT_TRUE(gc::pin_hash(pin).has_value());
    return pin;
  }
  /// A pin, likewise.
  Value load(const gc::Bytes& seed) {
    const Value pin = *gc::load_seed(heap_, seed);
    roots_.push_back(std::make_unique<gc::Root>(heap_, pin));
    EXPECT_TRUE(gc::pin_hash(pin).has_value());
    return pin;
  }
  std::string optimise(std::string_view text) { return optimised(text, PassSet::all()); }
  Summaries& summaries() { return machine().summaries; }
  Demand demand(Value function, uint64_t nats) { return demand_of(machine(), function, nats); }
  uint64_t usage(Value function) { return usage_of(machine(), function); }

 private:
  std::vector<std::unique_ptr<gc::Root>> roots_;
};

constexpr const char* kGo =
    "law i n acc { (@_If (@_Gth i n) acc (self (@_Add i 1) n (@_Add acc i))) }";
constexpr const char* kMap = "law f xs { (@_If xs (C2 (self f (@_Idx 1 xs)) (f xs)) xs) }";
constexpr const char* kThirty =
    "law a b { (@_Add (@_Mul a (@_Add b (@_Mul a (@_Add b (@_Mul a b)))))"
    " (@_Mul (@_Add a b) (@_Add (@_Mul b a) (@_Add b (@_Mul a (@_Add b a)))))) }";
constexpr const char* kCaller = "law x { (@map (@_Add 3) (@thirty x (@go x 5 7))) }";

TEST(Summary, WhatOneMachineFoundTheNextOneKnows) {
  Store store;
  Demand first[2];
  {
    Process process(store);
    const Value go = process.keep("go", kGo);
    for (uint64_t nats = 0; nats < 2; ++nats) first[nats] = process.demand(go, nats * 7);
    EXPECT_GT(process.summaries().laws_walked, 0u);
  }
  Process process(store);
  const Value go = process.keep("go", kGo);
  for (uint64_t nats = 0; nats < 2; ++nats) {
    EXPECT_TRUE(same(process.demand(go, nats * 7), first[nats]));
  }
  EXPECT_FALSE(same(first[0], first[1]));
  EXPECT_EQ(process.summaries().laws_walked, 0u);
  EXPECT_EQ(process.summaries().found, 1u);
}

/// The caller as optimised by a machine that has its callees, and how many laws that took.
std::string optimise_caller(Store& store, uint64_t& laws_walked) {
  Process process(store);
  process.keep("map", kMap);
  process.keep("go", kGo);
  process.keep("thirty", kThirty);
  const std::string text = process.optimise(kCaller);
  laws_walked = process.summaries().laws_walked;
  return text;
}

TEST(Summary, PassesDoTheSameWithAndWithoutWhatIsStored) {
  Store store;
  uint64_t walked_first = 0;
  const std::string first = optimise_caller(store, walked_first);
  EXPECT_FALSE(store.empty());
  uint64_t walked_then = 0;
  EXPECT_EQ(optimise_caller(store, walked_then), first);
  EXPECT_GT(walked_first, walked_then);
  // What is left are functions whose hash nobody knows.
  for (auto& [key, bytes] : store) bytes.clear();
  EXPECT_EQ(optimise_caller(store, walked_then), first);
  EXPECT_EQ(walked_then, walked_first);
}

TEST(Summary, WithoutJetsIsAnother) {
  Store store;
  {
    Process process(store);
    process.demand(process.keep("go", kGo), 0);
  }
  Options options;
  options.jets = false;
  Process process(store, options);
  process.demand(process.keep("go", kGo), 0);
  EXPECT_EQ(process.summaries().found, 0u);
  EXPECT_EQ(process.summaries().laws_walked, 1u);
}

TEST(Summary, DamagedIsFoundAgainAndStoredAgain) {
  Store store;
  {
    Process process(store);
    process.demand(process.keep("go", kGo), 0);
  }
  const Store good = store;
  for (auto& [key, bytes] : store) bytes.push_back(0);
  {
    Process process(store);
    process.demand(process.keep("go", kGo), 0);
    EXPECT_EQ(process.summaries().laws_walked, 1u);
    process.summaries().store();
    EXPECT_EQ(store, good);
  }
}

TEST(Summary, OfAPinWhoseHashNobodyKnowsIsNotStored) {
  Store store;
  {
    Process process(store);
    process.demand(process.keep("go", kGo, false), 0);
    EXPECT_EQ(process.summaries().laws_walked, 1u);
  }
  EXPECT_TRUE(store.empty());
}

TEST(Summary, KeepsWhatAnEarlierMachineAskedAndThisOneDidNot) {
  Store store;
  for (const uint64_t nats : {uint64_t{0}, uint64_t{7}}) {
    Process process(store);
    process.demand(process.keep("go", kGo), nats);
  }
  Process process(store);
  const Value go = process.keep("go", kGo);
  process.demand(go, 0);
  process.demand(go, 7);
  EXPECT_EQ(process.summaries().laws_walked, 0u);
}

// --- Usages, which rely on those of other functions.

struct Functions {
  explicit Functions(Process& process)
      : pick(process.keep("pick", "law c x { (@_If c x 0) }")),
        plus(process.keep("plus", "law y z { (@_Add y z) }")),
        caller(process.keep("caller", "law c x y { (@plus (@pick c x) y) }")) {}

  const Value pick;
  const Value plus;
  const Value caller;
};

/// What is left of `store` by a process that asks for the usage of the caller.
void ask_for_caller(Store& store) {
  Process process(store);
  const Functions functions(process);
  EXPECT_EQ(process.usage(functions.caller), 7u);
}

TEST(SummaryOfUsage, SaysWhatItReliesOn) {
  Store store;
  Process process(store);
  const Functions functions(process);
  EXPECT_EQ(process.usage(functions.caller), 7u);
  // In its body `plus` stands before `pick`.
  const std::vector<Reliance> expected{{.constant = 1, .parameters = 3},
                                       {.constant = 0, .parameters = 2}};
  EXPECT_EQ(process.summaries().of(functions.caller).usage->relies_on, expected);
}

TEST(SummaryOfUsage, IsKnownToTheNextMachine) {
  Store store;
  ask_for_caller(store);
  Process process(store);
  const Functions functions(process);
  EXPECT_EQ(process.usage(functions.caller), 7u);
  EXPECT_EQ(process.summaries().laws_walked, 0u);
}

TEST(SummaryOfUsage, IsNotTakenWhereNotAllHoldsThatItReliesOn) {
  Store store;
  ask_for_caller(store);
  const Store good = store;
  {
    Process process(store);
    const Functions functions(process);
    process.summaries().set_usage(functions.pick, Usage{.once = 1, .relies_on = {}}, true);
    EXPECT_EQ(process.usage(functions.caller), 5u);
    EXPECT_EQ(process.summaries().laws_walked, 1u);
    EXPECT_EQ(process.summaries().of(functions.caller).lasting_usage(), nullptr);
  }
  EXPECT_EQ(store, good);
}

TEST(SummaryOfUsage, ThatReliesOnNoFunctionOfTheLawIsNotTaken) {
  Store store;
  ask_for_caller(store);
  uint64_t changed = 0;
  for (auto& [key, bytes] : store) {
    std::optional<Summary> summary = decode_summary(bytes, 3);
    ASSERT_TRUE(summary && summary->usage);
    for (Reliance& r : summary->usage->relies_on) r.constant = 2;
    changed += summary->usage->relies_on.size();
    bytes = encode_summary(*summary);
  }
  EXPECT_EQ(changed, 2u);
  Process process(store);
  const Functions functions(process);
  EXPECT_EQ(process.usage(functions.caller), 7u);
  EXPECT_EQ(process.summaries().laws_walked, 1u);
}

TEST(SummaryOfUsage, HoldsForTheSameLawFromASeed) {
  Store store;
  gc::Bytes seed;
  {
    Process process(store);
    const Functions functions(process);
    const Value twice =
        process.keep("twice", "law c x y { (@plus (@pick c (@plus x y)) (@pick c y)) }");
    EXPECT_EQ(process.usage(twice), 2u);
    EXPECT_FALSE(process.summaries().of(twice).usage->relies_on.empty());
    seed = *gc::save_seed(twice);
  }
  Process process(store);
  EXPECT_EQ(process.usage(process.load(seed)), 2u);
  EXPECT_EQ(process.summaries().laws_walked, 0u);
}

TEST(SummaryOfUsage, OfALawInsideItIsFoundAgain) {
  Store store;
  for (const uint64_t walked : {2u, 1u}) {
    Process process(store);
    process.keep("own", "law a b { (@_Add b a) }");
    const Value caller = process.keep("caller", "law x y { (@~own y x) }");
    EXPECT_EQ(process.usage(caller), 3u);
    EXPECT_EQ(process.summaries().laws_walked, walked);
  }
}

TEST(SummaryOfUsage, ThatReliesOnTooManyFunctionsIsNotStored) {
  Store store;
  std::string parameters;
  std::string row;
  for (size_t i = 0; i <= kReliancesMax; ++i) {
    const std::string n = std::to_string(i);
    parameters += " x" + n;
    row += " (@f" + n + " x" + n + ")";
  }
  const std::string row_of = "(C" + std::to_string(kReliancesMax + 1);
  for (const uint64_t walked : {kReliancesMax + 2, size_t{1}}) {
    Process process(store);
    for (size_t i = 0; i <= kReliancesMax; ++i) {
      const std::string n = std::to_string(i);
      process.keep("f" + n, "law x { (@_Add x " + n + ") }");
    }
    const Value caller = process.keep("caller", "law" + parameters + " { " + row_of + row + ") }");
    EXPECT_EQ(process.usage(caller), (uint64_t{2} << kReliancesMax) - 1);
    EXPECT_EQ(process.summaries().laws_walked, walked);
  }
}

/// The last of a chain of laws, each of which hands its parameter to the one before.
Value keep_chain(Process& process, int length, bool asks) {
  Value last = process.keep("n0", "law x { (@_Add x 1) }");
  for (int i = 1; i < length; ++i) {
    last = process.keep("n" + std::to_string(i), "law x { (@n" + std::to_string(i - 1) + " x) }");
    if (asks) EXPECT_EQ(process.usage(last), 1u);
  }
  return last;
}

TEST(SummaryOfUsage, HoldsForALongChainOfLaws) {
  constexpr int kLong = 50;
  constexpr int kTooLong = 300;
  for (const int length : {kLong, kTooLong}) {
    Store store;
    {
      Process process(store);
      keep_chain(process, length, true);
    }
    Process process(store);
    const Value last = keep_chain(process, length, false);
    EXPECT_EQ(process.usage(last), length == kLong ? 1u : 0u);
    EXPECT_EQ(process.summaries().of(last).lasting_usage() != nullptr, length == kLong);
  }
}

}  // namespace
}  // namespace plan::vm
