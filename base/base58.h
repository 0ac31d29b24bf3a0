// base/base58.h: hashes as text, Bitcoin's alphabet, no checksum (spec/pin-hash.md section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace plan {

std::string base58(const Hash256& hash);
/// Nothing if a character is foreign or the number is not exactly 32 bytes.
std::optional<Hash256> parse_base58(std::string_view text);

}  // namespace plan
