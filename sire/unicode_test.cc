// sire/unicode_test.cc: characters at the borders of their classes.
#include "sire/unicode.h"

#include <gtest/gtest.h>

namespace plan::sire {
namespace {

TEST(Unicode, AlphanumericAreLettersAndNumbersOfAllScripts) {
  for (const char32_t c :
       {U'a', U'Z', U'0', U'9', U'é', U'ß', U'λ', U'²', U'½', U'中', U'Ⅷ', U'ª'}) {
    EXPECT_TRUE(is_alphanumeric(c)) << static_cast<uint32_t>(c);
  }
  for (const char32_t c :
       {U'_', U' ', U'-', U'\u007f', U'\u0080', U'€', U'\u0301', U'\U0010ffff'}) {
    EXPECT_FALSE(is_alphanumeric(c)) << static_cast<uint32_t>(c);
  }
}

TEST(Unicode, PrintableExcludesControlsFormatsAndUnassigned) {
  for (const char32_t c : {U' ', U'~', U'\u00a0', U'€', U'\u0301', U'\u3000', U'\U0001f600'}) {
    EXPECT_TRUE(is_printable(c)) << static_cast<uint32_t>(c);
  }
  for (const char32_t c : {U'\n', U'\u001f', U'\u007f', U'\u009f', U'\u00ad', U'\u200b', U'\u2028',
                           U'\u2029', U'\ue000', U'\u0378', U'\U0010ffff'}) {
    EXPECT_FALSE(is_printable(c)) << static_cast<uint32_t>(c);
  }
}

TEST(Unicode, KnowsVersion14AndNotVersion15) {
  EXPECT_TRUE(is_printable(U'\U0001fae0'));   // melting face, 14.0
  EXPECT_FALSE(is_printable(U'\U0001fae8'));  // shaking face, 15.0
}

TEST(Unicode, SpacesAreThoseOfAnyWidth) {
  for (const char32_t c : {U' ', U'\t', U'\n', U'\r', U'\u00a0', U'\u2003', U'\u200a', U'\u3000'}) {
    EXPECT_TRUE(is_space(c)) << static_cast<uint32_t>(c);
  }
  for (const char32_t c : {U'a', U'\u200b', U'\u2028', U'\u1fff'}) {
    EXPECT_FALSE(is_space(c)) << static_cast<uint32_t>(c);
  }
}

}  // namespace
}  // namespace plan::sire
