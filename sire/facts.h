// sire/facts.h: numbers by which two implementations of Sire can be compared.
//
//   modules  : module <TAB> next key <TAB> hash of the state <TAB> hash of the scope <TAB> bindings
//   bindings : module <TAB> name <TAB> key <TAB> hash of the value
//
// Hashes are PLAN hashes in base 58, of the state as it is when the module has been left for the
// context REPL.
#pragma once

#include "sire/session.h"

namespace plan::sire {

enum class FactsKind : uint8_t { kModules, kBindings };

/// Prints facts about each module that runs from now on, on the session's console.
class FactsPrinter {
 public:
  FactsPrinter(Session& session, FactsKind kind) : session_(session), kind_(kind) {
    session.observe_modules({after_module, this});
  }

 private:
  static bool after_module(void* self, Context& context, const ModuleSource& module);
  bool print_module(Context& context, const std::string& name);
  void print_bindings(const std::string& name, Value module, Value scope);

  Session& session_;
  FactsKind kind_;
};

}  // namespace plan::sire
