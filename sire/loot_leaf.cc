// sire/loot_leaf.cc: what text a number may stand for.
#include "sire/loot_leaf.h"

#include "sire/rex_text.h"
#include "sire/symbol.h"
#include "sire/unicode.h"
#include "value/nat_decimal.h"
#include "value/object.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace plan::loot {

namespace {

using rex::Rex;
using rex::Shape;
using rex::Style;

constexpr size_t kInitialSlots = 64;
constexpr size_t kSparse = 16;
constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;  // Fibonacci hashing, Knuth 6.4

uint64_t hash_bytes(std::string_view bytes) {
  uint64_t hash = bytes.size();
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t taken = std::min(sizeof(word), bytes.size());
    std::memcpy(&word, bytes.data(), taken);
    hash = std::rotl((hash ^ word) * kMultiplier, 29);
    bytes.remove_prefix(taken);
  }
  return (hash ^ (hash >> 32)) * kMultiplier >> 20;
}

/// Texts of this many characters and more are not written in braces.
constexpr size_t kLongText = 40;

template <typename Predicate>
bool all_characters(std::string_view utf8, Predicate holds) {
  for (size_t i = 0; i < utf8.size();) {
    if (!holds(rex::next_character(utf8, i))) return false;
  }
  return true;
}

bool is_utf8(std::string_view text) {
  return rex::valid_utf8_prefix(text) == text.size();
}
bool is_name_character(char32_t c) {
  return c == '_' || sire::is_alphanumeric(c);
}
bool is_visible_or_blank(char32_t c) {
  return c == ' ' || (sire::is_printable(c) && !sire::is_space(c));
}
bool is_printable_line(std::string_view text) {
  return all_characters(text, sire::is_printable);
}
bool is_printable_or_newline(char32_t c) {
  return c == '\n' || sire::is_printable(c);
}

bool is_identifier(std::string_view utf8) {
  return is_name_text(utf8) && !(utf8[0] >= '0' && utf8[0] <= '9');
}

bool has_both_quotes(std::string_view text) {
  return text.find('\'') != text.npos && text.find('"') != text.npos;
}

bool has_balanced_braces(std::string_view text) {
  uint64_t depth = 0;
  for (const char c : text) {
    if (c == '{') depth++;
    if (c == '}' && depth-- == 0) return false;
  }
  return depth == 0;
}

/// A name that can be written as text.
bool is_quotable(std::string_view utf8) {
  return is_printable_line(utf8) && !has_both_quotes(utf8);
}

bool is_short_text(std::string_view utf8) {
  return rex::character_count(utf8) < kLongText && all_characters(utf8, is_visible_or_blank);
}

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

bool is_name_text(std::string_view text) {
  return !text.empty() && is_utf8(text) && all_characters(text, is_name_character);
}

void LeafMaker::clear() {
  // A table that one value made large is not filled for each of those that follow.
  if (names_.size() * kSparse < table_.size()) table_.clear();
  std::fill(table_.begin(), table_.end(), NameId{0});
  names_.clear();
  variables_.clear();
}

Box LeafMaker::word(std::string_view text) {
  const auto width = static_cast<uint32_t>(std::min<size_t>(rex::character_count(text), INT32_MAX));
  return {arena_.leaf(Shape::kWord, arena_.copy_text(text)), width};
}

Box LeafMaker::text(std::string_view text) {
  const size_t count = rex::character_count(text) + 2;
  const auto width = static_cast<uint32_t>(std::min<size_t>(count, INT32_MAX));
  return {arena_.leaf(Shape::kText, arena_.copy_text(text)), width};
}

/// The nat of `bytes` in decimal.
Box LeafMaker::decimal(std::string_view bytes) {
  std::vector<uint64_t> limbs((bytes.size() + 7) / 8);
  if (!bytes.empty()) std::memcpy(limbs.data(), bytes.data(), bytes.size());
  return word(nat::to_decimal(limbs));
}

/// Text over several lines; it has no form on one.
Box LeafMaker::lines(std::string_view text) {
  const std::string_view copy = arena_.copy_text(text);
  const Rex* heir = nullptr;
  size_t end = copy.size();
  while (true) {
    const size_t newline = end == 0 ? copy.npos : copy.rfind('\n', end - 1);
    const size_t start = newline == copy.npos ? 0 : newline + 1;
    heir = arena_.leaf(Shape::kLine, copy.substr(start, end - start), heir);
    if (newline == copy.npos) return {heir, 0, false};
    end = newline;
  }
}

Box LeafMaker::nat_of_bytes(std::string_view bytes) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (bytes.empty() || !std::all_of(bytes.begin(), bytes.end(), is_ascii)) return decimal(bytes);
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (std::all_of(bytes.begin(), bytes.end(), is_letter)) {
    const Box name = word(bytes);
    return {arena_.node(Style::kPref, "%", {&name.rex, 1}), name.width + 1};
  }
  if (bytes.size() == 1) return decimal(bytes);
  if (is_short_text(bytes) && (!has_both_quotes(bytes) || has_balanced_braces(bytes))) {
    return text(bytes);
  }
  return all_characters(bytes, is_printable_or_newline) ? lines(bytes) : decimal(bytes);
}

Box LeafMaker::nat(Value n) {
  uint64_t scratch = 0;
  return nat_of_bytes(sire::nat_text(n, scratch));
}

Box LeafMaker::cow(Value n) {
  uint64_t scratch = 0;
  return word("C" + nat::to_decimal(nat_limbs(n, scratch)));
}

Box LeafMaker::ellipsis() {
  return {arena_.node(Style::kNest, "…", {}), 3};
}

Box LeafMaker::shut_bar(std::string_view kind, const Rex* contents, uint64_t width) {
  const Rex* const sons[] = {arena_.leaf(Shape::kWord, kind), contents};
  return {arena_.node(Style::kShut, "#", sons),
          static_cast<uint32_t>(std::min<uint64_t>(width, INT32_MAX))};
}

Box LeafMaker::bar(std::span<const uint8_t> bytes) {
  const std::string_view contents = as_text(bytes);
  if (is_utf8(contents)) {
    const size_t count = rex::character_count(contents);
    if (count < kLongText && is_name_text(contents)) {
      return shut_bar("b", word(contents).rex, count + 2);
    }
    if (is_short_text(contents) && has_balanced_braces(contents)) {
      return shut_bar("b", text(contents).rex, count + 4);
    }
    if (all_characters(contents, is_printable_or_newline)) {
      const Rex* const kind = arena_.leaf(Shape::kWord, "b");
      return {arena_.node(Style::kOpen, "#", {&kind, 1}, lines(contents).rex), 0, false};
    }
  }
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const uint8_t b : bytes) {
    hex.push_back("0123456789abcdef"[b / 16]);
    hex.push_back("0123456789abcdef"[b % 16]);
  }
  return shut_bar("x", word(hex).rex, hex.size() + 2);
}

NameId LeafMaker::intern(Value nat) {
  uint64_t scratch = 0;
  return intern(sire::nat_text(nat, scratch));
}

NameId LeafMaker::intern(std::string_view bytes) {
  if ((names_.size() + 1) * 3 > table_.size() * 2) grow_table();
  const uint64_t hash = hash_bytes(bytes);
  const size_t mask = table_.size() - 1;
  size_t slot = hash & mask;
  for (; table_[slot] != 0; slot = (slot + 1) & mask) {
    const Name& name = names_[table_[slot] - 1];
    if (name.hash == hash && name.bytes == bytes) return table_[slot] - 1;
  }
  const auto id = static_cast<NameId>(names_.size());
  table_[slot] = id + 1;
  names_.push_back({arena_.copy_text(bytes), hash, {}, {}});
  return id;
}

void LeafMaker::grow_table() {
  table_.assign(std::max(kInitialSlots, table_.size() * 2), 0);
  const size_t mask = table_.size() - 1;
  for (size_t i = 0; i < names_.size(); i++) {
    size_t slot = names_[i].hash & mask;
    while (table_[slot] != 0) slot = (slot + 1) & mask;
    table_[slot] = static_cast<NameId>(i) + 1;
  }
}

NameId LeafMaker::variable(uint64_t index) {
  while (variables_.size() <= index) {
    char digits[16];
    size_t at = sizeof(digits);
    uint64_t n = variables_.size() + 1;
    for (; n > 0; n = (n - 1) / 26) digits[--at] = static_cast<char>('a' + (n - 1) % 26);
    variables_.push_back(intern({digits + at, sizeof(digits) - at}));
  }
  return variables_[index];
}

Box LeafMaker::plain_symbol(std::string_view bytes, bool& needs_dot) {
  needs_dot = true;
  if (bytes.empty()) return word("0");
  if (!is_utf8(bytes)) return decimal(bytes);
  needs_dot = !is_identifier(bytes);
  if (!needs_dot) return word(bytes);
  return is_quotable(bytes) ? text(bytes) : decimal(bytes);
}

/// A symbol too wide for one line loses its dot, as it does upstream.
Box LeafMaker::dotted(const Box& inner) {
  Box box = inner;
  box.width++;
  if (box.is_wide()) box.rex = arena_.node(Style::kPref, ".", {&inner.rex, 1});
  return box;
}

Box LeafMaker::symbol(NameId name) {
  if (names_[name].symbol.rex == nullptr) {
    bool needs_dot = false;
    const Box plain = plain_symbol(names_[name].bytes, needs_dot);
    names_[name].symbol = needs_dot ? dotted(plain) : plain;
  }
  return names_[name].symbol;
}

const Rex* LeafMaker::symbol_rex(NameId name) {
  bool needs_dot = false;
  const Box plain = plain_symbol(names_[name].bytes, needs_dot);
  return needs_dot ? arena_.node(Style::kPref, ".", {&plain.rex, 1}) : plain.rex;
}

Box LeafMaker::key(NameId name) {
  Box& box = names_[name].key;
  if (box.rex != nullptr) return box;
  const std::string_view bytes = names_[name].bytes;
  if (bytes.empty()) return box = word("0");
  if (!is_utf8(bytes)) return box = decimal(bytes);
  if (is_identifier(bytes)) return box = word(bytes);
  return box = is_quotable(bytes) ? text(bytes) : nat_of_bytes(bytes);
}

}  // namespace plan::loot
