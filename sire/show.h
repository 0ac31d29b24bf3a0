// sire/show.h: the texts in which values are shown to people.
//
// All values are normal forms. Nothing evaluates, nothing allocates in the heap, nothing recurses;
// what would be absurdly long is cut (see sire/show_options.h, PrintOptions::bytes_max).
// The texts of one value are upstream's, character for character.
#pragma once

#include "sire/rex.h"
#include "sire/show_options.h"
#include "value/value.h"

#include <memory>
#include <string>

namespace plan::sire {

/// For many values: what was set up for one text serves for the next.
class ValuePrinter {
 public:
  explicit ValuePrinter(const ShowOptions& options);
  ~ValuePrinter();

  /// What _Trace prints, and Sire for an expression, with all line ends: the listing of the value,
  /// or if it is Rex its source form, and an empty line.
  std::string print_shallow(Value v);
  /// What Sire prints for a binding: the definitions of the pins it is, or `name`=value, and an
  /// empty line. `name` is a nat.
  std::string print_binding(Value name, Value v);
  const ShowOptions& options() const { return options_; }

 private:
  struct Tables;
  Tables& tables();
  /// Ends a text.
  std::string finished(std::string text);

  const ShowOptions options_;
  std::unique_ptr<Tables> tables_;  ///< null before the first text, and after a long one
};

/// One text of a ValuePrinter.
std::string print_value_shallow(Value v, const ShowOptions& options = {});
std::string print_binding(Value name, Value v, const ShowOptions& options = {});
/// What _DeepTrace prints, and `show`: definitions of everything, the value, and an empty line.
std::string print_full(Value v, const ShowOptions& options = {});
/// The listing of a value without the empty line at its end, as in messages; never source form.
std::string print_listing(Value v, const ShowOptions& options = {});
/// The one line that `show` begins with, without its end (spec/loot.md section 8).
std::string print_debug(Value v);
/// "Evaluation crashed by calling the number .. with this argument:", an empty line, the listing.
std::string print_crash(Value op, Value v);
/// A name on one line, as where it is bound: `foo`, `{foo bar}`, 7.
std::string print_key(Value nat);

/// What print_full prints, as a tree (assertion failures).
const rex::Rex* full_rex(rex::Arena& arena, Value v, const ShowOptions& options = {});
/// A value alone, with its pins by name, as a tree.
const rex::Rex* value_rex(rex::Arena& arena, Value v);

}  // namespace plan::sire
