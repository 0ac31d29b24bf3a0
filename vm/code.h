// vm/code.h: compiled forms. A Code belongs to one function value (a law or a pin around one); it
// holds the law's decoded body and one Block for the law itself and for each suspended expression.
//
// Block stream: an array of words; an instruction is a handler address followed by operand words,
// see vm/ops.h. Operands are 32 bits: bit 31 clear, an offset from sp (frame word); bit 31 set, an
// offset from the instruction's own address (constants stand behind the code). Before the first
// instruction stands what an entry needs (StreamHeader), so that entering a block touches its
// record and the beginning of its stream: most of the time of a program that runs much code goes
// into waiting for such memory. Machine code may stand where handlers' addresses were: see
// Note [Templates in the stream] in jit/templates.h.
//
// Frame of a block: [info | locals | parameters], parameters at the high end, where the caller
// (or the thunk's entry) put them.
//
// Lifecycle  : made by the first entry; blocks of thunks on their first entry; freed with the
//              region that holds the law (gc::Region::codes), when no frame or thunk refers to it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gc/heap.h"
#include "gc/info.h"
#include "value/value.h"
#include "vm/ir.h"
#include "vm/versions.h"

namespace plan::gc {
struct Region;
}

namespace plan::vm {

struct Code;
struct TierRequest;

inline constexpr int32_t kHeatNever = INT32_MIN;  ///< 2^31 entries away from being asked again
inline constexpr int32_t kHeatRecheck = -256;     ///< after asking: loops look for the answer

struct Block;

/// The words before the first instruction of a stream.
struct StreamHeader {
  Block* block;
  uint32_t locals;
  uint32_t parameters;
  uint32_t room_words;  ///< what an entry makes sure of below sp: locals, pushes, slack
  int32_t heat;         ///< Block::heat while the block is interpreted
};
/// Words below the frame that helpers may use without asking.
inline constexpr uint32_t kEntrySlackWords = 64;
inline constexpr uint32_t kStreamHeaderWords = sizeof(StreamHeader) / sizeof(Word);
inline StreamHeader& stream_header(Word* first) {
  return *(reinterpret_cast<StreamHeader*>(first) - 1);
}

struct Block {
  Code* code = nullptr;
  const Expr* body = nullptr;
  std::vector<uint32_t> captured;  ///< variables of the parameters, in order (law: 1 .. arity)
  gc::Info* info = nullptr;        ///< entry (law) or thunk record
  std::vector<Word> stream;  ///< header, code, constants
  uint32_t code_words = 0;   ///< of the stream: its instructions
  uint32_t locals = 0;
  uint32_t frame_words = 0;  ///< 1 + locals + parameters
  uint32_t push_words = 0;   ///< most words any instruction writes below sp
  bool is_law = false;
  bool is_once = false;  ///< a thunk's that is entered once: Note [Single-entry thunks]
  int32_t heat = kHeatNever;  ///< entries count from here up to 0, then the native tier is asked
  char* translation = nullptr;  ///< of the stream, by the tier (Tier::translate)
  uint32_t translation_bytes = 0;
  void* translation_entry = nullptr;
};

/// What the record of a pin matched by a jet points to.
struct JetFunction {
  int16_t jet = -1;
  uint32_t arity = 0;
  void* leaf = nullptr;         ///< LeafJet
  gc::Info* law_info = nullptr; ///< entry of the law, for when the jet declines
  Value function;
};

struct Code {
  Value function;     ///< self: the law, or the pin directly around it
  Value law;
  gc::Region* region = nullptr;
  Law ir;
  Block entry;
  JetFunction jet;                            ///< used if a jet stands before the law
  std::deque<Block> blocks;
  std::vector<gc::Info*> infos;               ///< every record to recycle with the code
  std::vector<std::unique_ptr<uint64_t[]>> masks;
  uint32_t uncompiled = 0;                    ///< blocks that still need the IR
  bool is_primop = false;                     ///< a jet that lowering knows: its body is itself
  bool optimise = false;                      ///< a twin (vm/tier.h): runs the optimiser's passes
  bool tier_asked = false;                    ///< its native code was asked for
  bool is_translated = false;                 ///< what bytecode it has, the tier has translated
  bool has_templates = false;                 ///< for some of it, or had: it was counted
  bool may_be_stored = false;                 ///< to be looked for: Note [Stored code], vm/tier.cc
  std::unique_ptr<TierRequest> request;       ///< of the twin, while the tier's budget is used up
  Code* next = nullptr;                       ///< other code of the same region

  /// A law made for a call in this region's code (vm/specialise.h); no value refers to it.
  struct Copy {
    std::vector<Word> key;  ///< what it is made of
    Value law;
    std::unique_ptr<gc::Root> root;
  };
  std::vector<Copy> copies;  ///< of all code of the region: in its first
  uint32_t generation = 0;   ///< how many copies led to this law, each made for the one before

  /// What a law that becomes hot was seen with, until it is compiled (vm/versions.h).
  struct Observation {
    std::vector<SeenFunction> seen;
    std::vector<std::unique_ptr<gc::Root>> roots;
  };
  std::vector<Observation> observations;
  std::vector<FunctionParameter> function_parameters;
  uint32_t observed = 0;          ///< entries looked at
  std::vector<Version> versions;  ///< of a twin: copies to pass calls on to
};

}  // namespace plan::vm
