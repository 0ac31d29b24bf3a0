// tests/differential/expr.h: a program as a tree, which is generated, shrunk, and printed.
//
// The notation is that of tests/oracle/README.md; both sides of a comparison start from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plan::differential {

enum class Form : uint8_t {
  kNat,   ///< text: decimal digits
  kBar,   ///< text: hexadecimal digits
  kName,  ///< text: the name after $
  kApp,   ///< function, arguments
  kRow,
  kPin,  ///< item
  kLaw,  ///< name, number of arguments, body
  kSet,  ///< keys
  kTab,  ///< key, value, key, value ..
};

struct Expr {
  Form form = Form::kNat;
  std::string text = "0";
  std::vector<Expr> parts;
};

Expr nat(uint64_t n);
Expr big_nat(std::string decimal);
Expr bar(std::string hex);
Expr name(std::string text);
Expr app(std::vector<Expr> parts);
Expr row(std::vector<Expr> elements);
Expr pin(Expr item);
Expr law(uint64_t name, uint64_t arguments, Expr body);
Expr set(std::vector<Expr> keys);
Expr tab(std::vector<Expr> keys_and_values);

std::string to_text(const Expr& e);
/// Nothing if `text` is malformed; what the tree denotes is not checked. Cords become nats.
std::optional<Expr> parse(std::string_view text);
/// How many nodes.
size_t size_of(const Expr& e);

}  // namespace plan::differential
