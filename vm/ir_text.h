// vm/ir_text.h: the IR of a law as text, for tests, for --dump-ir, and for reading by people.
//
//   law n acc {                  the parameters, in order: slots 1 .. args
//     t = (@_Add n acc)          lets, in order: the slots after them; each may use all
//     (self t 7)                 the body
//   }
//
//   law   = "law" name* "{" let* expr "}"
//   let   = name "=" expr
//   expr  = name                 a variable: `self`, a parameter or a let
//         | constant
//         | "(" expr expr+ ")"   an application; its head is none
//         | "?" constant         undecoded; the constant is the encoded expression
//   constant = digits            a nat
//         | "'" text "'"         a nat, the bytes of the text
//         | "C" digits           a row constructor: (C2 y x) is the row of x and y
//         | "@" name             what the table of names has
//         | [..] %[..] =[..] {..} <..> ^(..) #hex     a value as in gc/text.h
//   name  = letters, digits and _ ~ . -, beginning with a letter, _ or ~; after "@" with any of
//           them. C and digits is no variable.
//   Spaces and line ends separate; ";" begins a comment that ends with the line. A value beginning
//   with "=[" is a tab, so a space stands between the "=" of a let and a row.
//
// The printer calls variables self, a1, a2 .. and, after the arguments, v3, v4 ..: the number is
// the slot. What is printed can be read, and prints the same again.
// Limits: kIrTextDepthMax.
#pragma once

#include "base/result.h"
#include "gc/heap.h"
#include "gc/word_map.h"
#include "vm/ir.h"

#include <map>
#include <string>
#include <string_view>

namespace plan::vm {

inline constexpr uint32_t kIrTextDepthMax = 500;  ///< parentheses within each other

/// What constants are called in a text. Values are told apart by address, so they must not move:
/// laws, pins and what they hold; others as long as nothing evaluates.
class ConstantNames {
 public:
  /// `name` is as after "@", and new.
  void define(std::string_view name, Value value);
  /// The value of that name, or nullptr.
  const Value* find(std::string_view name) const;
  /// The name of a value that is not an immediate; makes one up if it has none. For a law that is
  /// the law's name, for another pin that of what it holds if that is a law; `~` marks what is not
  /// pinned, and a number follows where the name is taken.
  const std::string& name_of(Value value);

 private:
  std::map<std::string, Value, std::less<>> values_;
  gc::WordMap indexes_;  ///< of words in names_
  std::vector<std::string> names_;
  std::map<std::string, uint32_t> taken_;  ///< numbers given to names made up
};

/// Text of the law, ending with a line end. Gives names to the constants that are no literals.
std::string print_law(const Law& law, ConstantNames& names);
/// Text of one expression of the law, on one line.
std::string print_expr(const Law& law, const Expr* e, ConstantNames& names);
/// Text of a constant.
std::string print_constant(Value value, ConstantNames& names);

/// The law in `text`. Literals that are no immediates become values of the heap, and stay where
/// they are only as long as nothing evaluates. Fails with "IR": line, column and what is wrong.
Result<Law> read_law(gc::Heap& heap, std::string_view text, const ConstantNames& names);

}  // namespace plan::vm
