// tests/jets/jet_laws_test.cc: every jet against its own law: values, crashes, order of evaluation.
//
// A jet's pin and the law inside it must give the same result for the same arguments; the law calls
// jets in turn, which are tested by themselves. A law that takes too long is not counted: of every
// jet at least kCasesMin cases must be, and as many that end with a value. The same under constant
// collection, and with the heap verified.
//
// The laws come from the Sire library inside the binary: all but those of kNotInOurLibrary. With
// PLAN_SIRE_LIBRARY, a directory with a library that has them all, every jet must be tested.
//
// PLAN_SEED repeats a run, PLAN_JET tests one jet and says what is compared, PLAN_CASE only one
// case.
#include "gc/make.h"
#include "sire/console.h"
#include "sire/library_image.h"
#include "tests/jets/jet_values.h"
#include "value/order.h"
#include "vm/machine.h"
#include "vm/nat_ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace plan::jets_test {
namespace {

using vm::JetId;

constexpr uint32_t kCases = 120;     ///< tried per jet
constexpr uint32_t kCasesMin = 20;   ///< to be compared per jet
constexpr uint32_t kCasesSlow = 25;  ///< compared per jet where each collection is slow
constexpr uint64_t kSmallNurseryBytes = uint64_t{256} << 10;
constexpr uint64_t kHeapBytes = uint64_t{256} << 20;
constexpr uint64_t kLawNs = 4'000'000;
constexpr uint64_t kLawStressNs = 300'000'000;
constexpr uint64_t kLongLawStressNs = 1'000'000'000;  ///< hashes, which our library has not
constexpr uint64_t kJetNs = 5'000'000'000;

/// A jet that our library comes to define must go from here.
constexpr const char* kNotInOurLibrary[] = {
    "_LoadSeed", "_SaveSeed", "_LoadGerm", "_SaveGerm", "w32",    "add32",   "mul32", "div32",
    "and32",     "or32",      "xor32",     "lsh32",     "rsh32",  "sub32",   "ror32", "rol32",
    "w64",       "add64",     "mul64",     "div64",     "and64",  "or64",    "xor64", "lsh64",
    "rsh64",     "sub64",     "ror64",     "rol64",     "iDiv64", "_TryExp", "_Try",  "_Blake3",
    "par",       "pseq",      "_PlanHash", "_PinHash",
};

enum class Collection : uint8_t { kNormal, kStress, kVerify };

struct Shapes {
  const char* jet;
  /// Shapes of the arguments, see Maker; alternatives are separated by spaces.
  const char* shapes;
};

// Anything in every place is always tried, too.
constexpr Shapes kShapes[] = {
    {"_Add", "nu uu nn"},
    {"_Mul", "nu uu nn"},
    {"_Sub", "nu uu nn"},
    {"_Pow", "uu nu"},
    {"_Bex", "u"},
    {"_Div", "uu nn"},
    {"_Mod", "nn nu uu"},
    {"_DivMod", "nn uu"},
    {"_Lsh", "ny uu"},
    {"_Rsh", "ny uu"},
    {"_Bix", "yn uu"},
    {"_Bitwise", "gnn guu"},
    {"_NatFold", "gvn gun"},
    {"_Dis", "nn uu"},
    {"_Con", "nn uu"},
    {"_Mix", "nn uu"},
    {"_PopCount", "n"},
    {"_Met", "n"},
    {"_Trunc", "yn"},
    {"_BitSlice", "yyn"},
    {"_SetBit", "yn"},
    {"_TestBit", "yn"},
    {"_ClearBit", "yn"},
    {"_Dec", "n"},
    {"_Times", "fvu"},
    {"_If", "nvv"},
    {"_Ifz", "nvv"},
    {"_Put", "ryv tyr"},
    {"_Get", "ry ty"},
    {"_Idx", "yr yt"},
    {"_Mut", "yvr yrt"},
    {"_Switch", "yvr"},
    {"_Gen", "uf"},
    {"_Cow", "u"},
    {"_Weld", "rr"},
    {"_Map", "fr"},
    {"_Rev", "r"},
    {"rowCons", "vr"},
    {"rowSnoc", "rv"},
    {"sum", "i"},
    {"sumOf", "fi"},
    {"cat", "q"},
    {"zip", "rr"},
    {"drop", "yr"},
    {"take", "yr"},
    {"unfoldr", "mj"},
    {"_SizedListToRow", "ul"},
    {"_SizedListToRowRev", "ul"},
    {"bsearch", "ka"},
    {"isDigit", "n"},
    {"implode", "c"},
    {"_MkSet", "a r"},
    {"_SetToRow", "s"},
    {"setSing", "k"},
    {"setIsEmpty", "s"},
    {"setLen", "s"},
    {"setHas", "ks"},
    {"setMin", "s"},
    {"setIns", "ks"},
    {"setDel", "ks"},
    {"setWeld", "ss"},
    {"setCatRowAsc", "e"},
    {"isSet", "s"},
    {"setDrop", "ys"},
    {"setTake", "ys"},
    {"setSplitAt", "ys"},
    {"setIntersect", "ss"},
    {"setSub", "ss"},
    {"setSplitLT", "ks"},
    {"_MkTab", "ar"},
    {"tabSing", "kv"},
    {"isTab", "t"},
    {"_TabKeys", "t"},
    {"_TabVals", "t"},
    {"_TabKeysRow", "t"},
    {"_TabKeysList", "t"},
    {"_TabLen", "t"},
    {"tabIdx", "kt"},
    {"_TabIsEmpty", "t"},
    {"_TabHas", "kt"},
    {"_TabLookup", "kt"},
    {"tabIns", "kvt"},
    {"tabSwitch", "kvt"},
    {"tabToPairs", "t"},
    {"tabFromPairs", "z"},
    {"tabToPairList", "t"},
    {"tabElemIdx", "yt"},
    {"tabSplitAt", "yt"},
    {"tabSplitLT", "kt"},
    {"tabAlter", "fkt"},
    {"tabMapWithKey", "gt"},
    {"tabMap", "ft"},
    {"tabUnionWith", "gtt"},
    {"tabWeld", "tt"},
    {"tabMinKey", "t"},
    {"tabFoldlWithKey", "hvt"},
    {"_TabFilterWithKey", "gt"},
    {"padWeld", "nn"},
    {"padCat", "i"},
    {"padFlat", "i w"},
    {"isBar", "b"},
    {"_Bar", "n b"},
    {"natBar", "n"},
    {"barNat", "b"},
    {"barLen", "b"},
    {"barIsEmpty", "b"},
    {"_NatToSizedBar", "un"},
    {"barIdx", "yb"},
    {"barWeld", "bb"},
    {"barCat", "o"},
    {"barTake", "yb"},
    {"barDrop", "yb"},
    {"_BarSliceToNat", "yyb"},
    {"barElemIndexEnd", "nb"},
    {"barFlat", "w"},
    {"barElemIndexOff", "nyb"},
    {"_LoadSeed", "d"},
    {"_SaveSeed", "v p"},
    {"_LoadGerm", "rb"},
    {"_SaveGerm", "p"},
    {"_TryExp", "v"},
    {"_Try", "x"},
    {"_Blake3", "w"},
    {"_PinHash", "p"},
    {"_PinItem", "p"},
    {"_PlanHash", "v k"},
};

const char* shapes_of(std::string_view jet) {
  for (const Shapes& shapes : kShapes) {
    if (jet == shapes.jet) return shapes.shapes;
  }
  // Words, and what takes anything.
  const bool is_word = jet.ends_with("32") || jet.ends_with("64");
  return is_word ? "nn uu" : "";
}

/// The shapes for case number `i` of a jet.
std::string choose_shapes(const vm::JetRow& jet, uint32_t i) {
  std::vector<std::string> alternatives;
  std::string_view text = shapes_of(jet.name);
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    alternatives.emplace_back(text.substr(0, std::min<size_t>(end, jet.arity)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (alternatives.empty() || i % 4 == 3) return std::string(jet.arity, 'v');
  return alternatives[i % alternatives.size()];
}

class JetLaws : public testing::TestWithParam<Collection> {
 protected:
  struct Ending {
    vm::OutcomeKind head = vm::OutcomeKind::kValue;  ///< of the evaluation to WHNF
    vm::OutcomeKind rest = vm::OutcomeKind::kValue;  ///< then, to normal form
    gc::Root op;
    gc::Root value;  ///< the normal form, or what the crash says
    explicit Ending(gc::Heap& heap) : op(heap), value(heap) {}
    bool is_decided() const { return is_result(head) && is_result(rest); }
    static bool is_result(vm::OutcomeKind kind) {
      return kind == vm::OutcomeKind::kValue || kind == vm::OutcomeKind::kCrash;
    }
  };

  static sire::SessionOptions options() {
    const char* directory = std::getenv("PLAN_SIRE_LIBRARY");
    if (directory != nullptr) std::filesystem::current_path(directory);
    sire::SessionOptions options;
    options.evaluator.heap.limit_bytes = kHeapBytes;
    options.evaluator.heap.stress = GetParam() == Collection::kStress;
    if (GetParam() == Collection::kVerify) {
      options.evaluator.heap.verify = true;
      options.evaluator.heap.nursery_bytes = kSmallNurseryBytes;
    }
    options.console.quiet = true;
    return options;
  }

  void SetUp() override {
    const char* seed = std::getenv("PLAN_SEED");
    if (seed != nullptr) seed_ = std::strtoull(seed, nullptr, 10);
    pins_.values.assign(vm::kJetCount, small_nat(0));
    evaluator_.set_match_sink(note_match, this);
    sire::restore_library(session_);
  }

  static void note_match(void* test, Value pin, bool matched) {
    if (!matched) return;
    auto& values = static_cast<JetLaws*>(test)->pins_.values;
    values[static_cast<size_t>(gc::pin_region(pin)->jet)] = pin;
  }

  void run(Value function, std::span<const Value> args, uint64_t limit_ns, Ending& ending) {
    evaluator_.set_time_limit_ns(limit_ns);
    vm::Outcome outcome = evaluator_.apply(function, args);
    ending.head = outcome.kind;
    if (outcome.ok()) {
      outcome = evaluator_.normalise(outcome.value);
      ending.rest = outcome.kind;
    }
    ending.op.set(outcome.kind == vm::OutcomeKind::kCrash ? outcome.op : small_nat(0));
    ending.value.set(outcome.value);
    evaluator_.set_time_limit_ns(0);
  }

  static std::string text_of(Value v) {
    constexpr uint64_t kLimbsShown = 64;
    if (v.is_big() && v.object()->length() > kLimbsShown) {
      return "a nat of " + std::to_string(v.object()->length()) + " limbs\n";
    }
    return sire::value_text(v);
  }

  std::string text_of(const Ending& ending) {
    const auto kind = [](vm::OutcomeKind k) { return std::to_string(static_cast<int>(k)); };
    std::string text = "head " + kind(ending.head) + " rest " + kind(ending.rest);
    if (!ending.is_decided()) return text;
    if (is_true(ending.op.get())) text += " crash " + text_of(ending.op.get());
    return text + " " + text_of(ending.value.get());
  }
  static bool is_true(Value v) { return v != small_nat(0); }

  std::string text_of_args(JetId id, const std::string& shapes, uint64_t seed) {
    Maker maker(evaluator_, pins_.values, seed);
    std::string text = vm::jet_row(id).name;
    gc::RootList args(evaluator_.heap());
    for (const char shape : shapes) args.values.push_back(maker.argument(shape));
    for (size_t i = 0; i < args.values.size(); ++i) {
      const vm::Outcome outcome = evaluator_.normalise(args.values[i]);
      text += "\n    " + std::string(args.values[i].is_thunk() ? "delayed " : "");
      text += outcome.ok() ? text_of(outcome.value) : "crash " + text_of(outcome.op) + " inside";
    }
    return text;
  }

  struct Counts {
    uint32_t tried = 0;
    uint32_t compared = 0;
    uint32_t values = 0;  ///< of those compared
  };
  Counts compare_cases(JetId id, bool verbose) {
    Counts counts;
    const bool is_slow = GetParam() != Collection::kNormal;
    while (counts.tried < kCases && (!is_slow || counts.values < kCasesSlow)) {
      const std::optional<Case> ending = compare_case(id, counts.tried++, verbose);
      if (!ending) continue;
      counts.compared++;
      if (*ending == Case::kValue) counts.values++;
    }
    return counts;
  }

  enum class Case : uint8_t { kValue, kCrash };
  /// One jet, one set of arguments. How the law ended, if it did.
  std::optional<Case> compare_case(JetId id, uint32_t number, bool verbose) {
    const vm::JetRow& jet = vm::jet_row(id);
    const std::string shapes = choose_shapes(jet, number);
    const uint64_t stress_ns =
        std::getenv("PLAN_SIRE_LIBRARY") != nullptr ? kLongLawStressNs : kLawStressNs;
    const uint64_t seed = seed_ * 1'000'003 + static_cast<uint64_t>(id) * 1009 + number;
    if (!evaluator_.heap().fits(kHeapBytes / 2)) {  // arguments are made without collecting
      Value none;
      evaluator_.machine().collector.collect_major(none);
    }
    Ending by_law(evaluator_.heap());
    Ending by_jet(evaluator_.heap());
    if (verbose) {
      printf("%s\n", text_of_args(id, shapes, seed).c_str());
      fflush(stdout);
    }
    for (Ending* ending : {&by_law, &by_jet}) {
      if (ending == &by_jet && !by_law.is_decided()) break;
      Maker maker(evaluator_, pins_.values, seed);
      std::vector<Value> args;
      for (const char shape : shapes) args.push_back(maker.argument(shape));
      const Value pin = pins_.values[static_cast<size_t>(id)];
      const bool law = ending == &by_law;
      const uint64_t law_ns = GetParam() == Collection::kNormal ? kLawNs : stress_ns;
      run(law ? pin_item(pin) : pin, args, law ? law_ns : kJetNs, *ending);
    }
    if (verbose && by_law.is_decided()) {
      printf("  law: %s\n  jet: %s\n", text_of(by_law).c_str(), text_of(by_jet).c_str());
    }
    if (!by_law.is_decided()) return std::nullopt;
    const bool same = by_law.head == by_jet.head && by_law.rest == by_jet.rest &&
                      equal_normal(by_law.op.get(), by_jet.op.get()) &&
                      equal_normal(by_law.value.get(), by_jet.value.get());
    const uint64_t bits = std::string_view(vm::jet_row(id).name).ends_with("32") ? 32 : 64;
    if (!same && !is_known_divergence(id, by_law, by_jet, words_of_case(shapes, seed, bits))) {
      ADD_FAILURE() << text_of_args(id, shapes, seed) << "\n  case " << number
                    << "\n  law: " << text_of(by_law) << "\n  jet: " << text_of(by_jet);
    }
    const bool is_value =
        by_law.head == vm::OutcomeKind::kValue && by_law.rest == vm::OutcomeKind::kValue;
    return is_value ? Case::kValue : Case::kCrash;
  }

  /// The arguments of a case as 64-bit words; what is not evaluated to a nat is 0. `is_wide` if one
  /// of them has more than `bits` bits.
  struct Words {
    uint64_t at[2] = {0, 0};
    bool is_wide = false;
  };
  Words words_of_case(const std::string& shapes, uint64_t seed, uint64_t bits) {
    Maker maker(evaluator_, pins_.values, seed);
    gc::RootList args(evaluator_.heap());
    for (const char shape : shapes) args.values.push_back(maker.argument(shape));
    for (Value& arg : args.values) {
      const vm::Outcome outcome = evaluator_.whnf(arg);
      arg = outcome.ok() ? outcome.value : small_nat(0);
    }
    return words_of(args.values, bits);
  }
  static Words words_of(std::span<const Value> args, uint64_t bits) {
    Words words;
    for (size_t i = 0; i < 2 && i < args.size(); ++i) {
      if (!args[i].is_nat()) continue;
      const uint64_t word = vm::low_word(args[i]);
      words.at[i] = bits == 64 ? word : word & ((uint64_t{1} << bits) - 1);
      words.is_wide |= vm::nat_met(args[i]).small() > bits;
    }
    return words;
  }

  /// One jet on words from the edges of the ranges. Whether its law ended.
  bool compare_on_words(JetId id, std::span<const Value> args) {
    const vm::JetRow& jet = vm::jet_row(id);
    const Value pin = pins_.values[static_cast<size_t>(id)];
    Ending by_law(evaluator_.heap());
    Ending by_jet(evaluator_.heap());
    gc::RootList kept(evaluator_.heap());
    kept.values.assign(args.begin(), args.end());
    run(pin_item(pin), kept.values, kLawNs, by_law);
    run(pins_.values[static_cast<size_t>(id)], kept.values, kJetNs, by_jet);
    if (!by_law.is_decided()) return false;
    const uint64_t bits = std::string_view(jet.name).ends_with("32") ? 32 : 64;
    const bool same = by_law.head == by_jet.head &&
                      equal_normal(by_law.value.get(), by_jet.value.get());
    if (!same && !is_known_divergence(id, by_law, by_jet, words_of(kept.values, bits))) {
      std::string text = jet.name;
      for (const Value arg : kept.values) text += " " + text_of(arg);
      ADD_FAILURE() << text << "\n  law: " << text_of(by_law) << "\n  jet: " << text_of(by_jet);
    }
    return true;
  }

  /// Decided against the law (spec/jets.md section 4).
  static bool is_known_divergence(JetId id, const Ending& by_law, const Ending& by_jet,
                                  const Words& words) {
    const uint64_t bits = std::string_view(vm::jet_row(id).name).ends_with("32") ? 32 : 64;
    const bool are_values =
        by_law.head == vm::OutcomeKind::kValue && by_jet.head == vm::OutcomeKind::kValue;
    switch (id) {
      case JetId::kSub32:
      case JetId::kSub64:
        return are_values && words.is_wide && words.at[0] < words.at[1];  // D-13
      case JetId::kRor32:
      case JetId::kRor64:
      case JetId::kRol32:
      case JetId::kRol64:
        return are_values && words.at[1] > bits;  // D-14
      case JetId::kIDiv64:                        // D-15
        return are_values && words.at[1] != 0 && ((words.at[0] ^ words.at[1]) >> 63) != 0;
      case JetId::kSetSplitAt:
      case JetId::kSetSplitLT:
      case JetId::kTabSplitAt:
      case JetId::kTabSplitLT:  // D-28: the set or tab may crash earlier
        return by_jet.head == vm::OutcomeKind::kCrash && by_law.rest == vm::OutcomeKind::kCrash;
      default:
        return false;
    }
  }

  uint64_t seed_ = 7;
  sire::Session session_{options()};
  vm::Evaluator& evaluator_ = session_.evaluator();
  gc::RootList pins_{evaluator_.heap()};
};

bool is_in_our_library(std::string_view jet) {
  return std::find(std::begin(kNotInOurLibrary), std::end(kNotInOurLibrary), jet) ==
         std::end(kNotInOurLibrary);
}

TEST_P(JetLaws, AgreeWithTheirJets) {
  const char* only = std::getenv("PLAN_JET");
  const char* only_case = std::getenv("PLAN_CASE");
  const bool has_all_jets = std::getenv("PLAN_SIRE_LIBRARY") != nullptr;
  uint32_t tested = 0;
  for (size_t i = 0; i < vm::kJetCount; ++i) {
    const auto id = static_cast<JetId>(i);
    const std::string name = vm::jet_row(id).name;
    if (only != nullptr && name != only) continue;
    const bool is_there = pins_.values[i].is_function();
    EXPECT_EQ(is_there, has_all_jets || is_in_our_library(name)) << name;
    if (!is_there) continue;
    ++tested;
    if (only_case != nullptr) {
      compare_case(id, static_cast<uint32_t>(std::strtoul(only_case, nullptr, 10)), true);
      continue;
    }
    const Counts counts = compare_cases(id, only != nullptr);
    printf("%-20s %3u of %u compared, %u with a value\n", name.c_str(), counts.compared,
           counts.tried, counts.values);
    EXPECT_GE(counts.compared, kCasesMin) << name;
    EXPECT_GE(counts.values, kCasesMin) << name;
  }
  if (only == nullptr) {
    const size_t missing = has_all_jets ? 0 : std::size(kNotInOurLibrary);
    EXPECT_EQ(tested, vm::kJetCount - missing);
  }
}

bool is_word_jet(std::string_view name) {
  return name.ends_with("32") || name.ends_with("64");
}

class WordJetLaws : public JetLaws {};

TEST_P(WordJetLaws, AgreeWithTheirJetsOnTheEdgesOfTheirRanges) {
  // Each power of two, and a word around it: 2^i - 1, 2^i, 2^i + 1.
  constexpr uint64_t kPowers[] = {0, 31, 32, 63, 64};
  if (std::getenv("PLAN_SIRE_LIBRARY") == nullptr) {
    GTEST_SKIP() << "our library has no words; vm/jets_nat_test.cc tests them against a model";
  }
  gc::RootList edges(evaluator_.heap());
  edges.values.push_back(small_nat(2));
  edges.values.push_back(small_nat(7));
  for (const uint64_t power : kPowers) {
    for (uint64_t offset = 0; offset <= 2; ++offset) {
      const Value edge = vm::nat_bex(evaluator_.heap(), small_nat(power)).value;
      const Value next = vm::nat_add(evaluator_.heap(), edge, small_nat(offset));
      edges.values.push_back(vm::nat_sub(evaluator_.heap(), next, small_nat(1)));
    }
  }
  uint32_t jets = 0;
  for (size_t i = 0; i < vm::kJetCount; ++i) {
    const vm::JetRow& jet = vm::jet_row(static_cast<JetId>(i));
    if (!is_word_jet(jet.name)) continue;
    ++jets;
    uint32_t compared = 0;
    for (size_t a = 0; a < edges.values.size(); ++a) {
      for (size_t b = 0; b < (jet.arity == 1 ? 1 : edges.values.size()); ++b) {
        const Value args[] = {edges.values[a], edges.values[b]};
        compared += compare_on_words(static_cast<JetId>(i), std::span(args, jet.arity));
      }
    }
    EXPECT_GE(compared, edges.values.size()) << jet.name;
  }
  EXPECT_EQ(jets, 25u);
}

std::string name_of(const testing::TestParamInfo<Collection>& info) {
  constexpr const char* kNames[] = {"Normal", "Stress", "Verify"};
  return kNames[static_cast<size_t>(info.param)];
}
constexpr Collection kCollections[] = {Collection::kNormal, Collection::kStress,
                                       Collection::kVerify};
INSTANTIATE_TEST_SUITE_P(Collections, JetLaws, testing::ValuesIn(kCollections), name_of);
INSTANTIATE_TEST_SUITE_P(Collections, WordJetLaws, testing::Values(Collection::kNormal), name_of);

}  // namespace
}  // namespace plan::jets_test
