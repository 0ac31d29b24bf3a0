// vm/jets.cc: the table of jets and its index by name.
#include "vm/jets.h"

#include "vm/jets_leaf.h"

#include <algorithm>
#include <array>

namespace plan::vm {
namespace {

constexpr JetRow kJets[] = {
#define PLAN_JET(id, name, arity, leaf, hash_hex) {name, arity, hash_hex, leaf, false},
#define PLAN_IR_JET(id, name, arity, hash_hex) {name, arity, hash_hex, nullptr, true},
#define PLAN_LAW_JET(id, name, arity, hash_hex) {name, arity, hash_hex, nullptr, false},
#define PLAN_IR_LEAF(id, name, arity, leaf) {name, arity, nullptr, leaf, false},
#include "vm/jets.def"
#include "vm/ir_leaves.def"
#undef PLAN_JET
#undef PLAN_IR_JET
#undef PLAN_LAW_JET
#undef PLAN_IR_LEAF
};
static_assert(std::size(kJets) == static_cast<size_t>(JetId::kCount));

constexpr std::array<int16_t, kJetCount> make_name_index() {
  std::array<int16_t, kJetCount> index{};
  for (uint32_t i = 0; i < kJetCount; ++i) index[i] = static_cast<int16_t>(i);
  std::sort(index.begin(), index.end(), [](int16_t a, int16_t b) {
    return std::string_view(kJets[a].name) < std::string_view(kJets[b].name);
  });
  return index;
}
constexpr std::array<int16_t, kJetCount> kByName = make_name_index();

bool is_hash(const char* hex, const gc::Hash& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (size_t i = 0; i < hash.size(); ++i) {
    if (hex[2 * i] != kDigits[hash[i] >> 4]) return false;
    if (hex[2 * i + 1] != kDigits[hash[i] & 15]) return false;
  }
  return true;
}

}  // namespace

std::span<const JetRow> jet_table() {
  return {kJets, kJetCount};
}

const JetRow& jet_row(JetId id) {
  return kJets[static_cast<size_t>(id)];
}

std::optional<JetId> find_jet_name(std::string_view name) {
  const auto* at =
      std::lower_bound(kByName.begin(), kByName.end(), name,
                       [](int16_t i, std::string_view n) { return kJets[i].name < n; });
  if (at == kByName.end() || kJets[*at].name != name) return std::nullopt;
  return static_cast<JetId>(*at);
}

std::optional<JetId> find_jet(std::string_view name, const gc::Hash& hash) {
  const std::optional<JetId> id = find_jet_name(name);
  if (!id.has_value() || !is_hash(jet_row(*id).hash_hex, hash)) return std::nullopt;
  return id;
}

}  // namespace plan::vm
