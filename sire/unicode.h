// sire/unicode.h: the classes of characters that decide how names and texts are printed.
//
// They are those of Unicode 14 general categories, as upstream's compiler had them; the tables are
// in sire/unicode_table.cc.
#pragma once

#include <cstddef>
#include <cstdint>

namespace plan::sire {

struct CharacterRange {
  uint32_t first;
  uint32_t last;
};
extern const CharacterRange kAlphanumericRanges[];
extern const size_t kAlphanumericRangesCount;
extern const CharacterRange kPrintableRanges[];
extern const size_t kPrintableRangesCount;

/// A letter or number of any script.
bool is_alphanumeric(char32_t c);
/// Not a control, format, private or unassigned character, nor a line or paragraph separator.
bool is_printable(char32_t c);
/// ASCII white space, or a space of any width.
bool is_space(char32_t c);

}  // namespace plan::sire
