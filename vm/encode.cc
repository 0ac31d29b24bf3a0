// vm/encode.cc: linear code -> bytecode (vm/code.h describes the stream).
//
// Frames: liveness is exact. A backward pass over the instructions gives each suspension the set of
// frame words still needed; only those are kept by the collector.
#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "vm/low_code.h"
#include "vm/machine.h"
#include "vm/stream.h"

namespace plan::vm {

void* resume_entry(Op op);  // vm/interpreter.cc

namespace {

struct Encoder {
  std::vector<Word>& stream;
  struct Fix {
    size_t instruction;  // start
    size_t word;
    bool high;
    Value value;
  };
  std::vector<Fix> constants;
  struct Jump {
    size_t instruction;
    size_t word;
    bool high;
    uint32_t label;
  };
  std::vector<Jump> jumps;
  size_t start = 0;

  void begin(Op op) {
    start = stream.size();
    stream.push_back(op_handler(op));
  }
  void halves(uint32_t low, uint32_t high) {
    stream.push_back(Word{low} | (Word{high} << 32));
  }
};

struct BlockEncoder {
  Machine& vm;
  Block& block;
  const LowCode& low;
  Code& code = *block.code;

  uint32_t locals() const { return low.slots - low.parameters; }
  uint32_t offset_of(uint32_t slot) const {
    return slot < low.parameters ? 1 + locals() + slot : 1 + (slot - low.parameters);
  }

  gc::Info* resume_info(const LiveSet& live, uint32_t dst_offset) {
    gc::Info* info = vm.infos.add();
    code.infos.push_back(info);
    info->owner = code.region;
    info->frame_words = 1 + low.slots;
    info->arity = dst_offset;
    const uint64_t groups = (low.slots + 63) / 64;
    std::unique_ptr<uint64_t[]> masks;
    if (groups > 1) {
      masks = std::make_unique<uint64_t[]>(groups - 1);
      info->more_live = masks.get();
    }
    for (uint32_t slot = 0; slot < low.slots; ++slot) {
      if (((live[slot / 64] >> (slot % 64)) & 1) == 0) continue;
      const uint32_t bit = offset_of(slot) - 1;
      if (bit < 64) {
        info->live |= uint64_t{1} << bit;
      } else {
        masks[bit / 64 - 1] |= uint64_t{1} << (bit % 64);
      }
    }
    if (masks) code.masks.push_back(std::move(masks));
    return info;
  }

  void encode(const std::vector<gc::Info*>& infos) {
    block.stream.resize(kStreamHeaderWords);
    Encoder enc{block.stream, {}, {}, 0};
    std::vector<size_t> label_at(low.labels, 0);
    std::vector<size_t> resume_at(infos.size(), kStreamHeaderWords);
    const uint32_t frame = 1 + low.slots;
    const auto half = [&](const Operand& o, bool high) -> uint32_t {
      if (!o.is_constant) return offset_of(o.slot);
      enc.constants.push_back({enc.start, enc.stream.size(), high, o.value});
      return 0;
    };
    const auto pair = [&](uint32_t first, const Operand& second) {
      enc.halves(first, half(second, true));
    };
    const auto list = [&](const std::vector<Operand>& ops, size_t from) {
      for (size_t k = from; k < ops.size(); k += 2) {
        const uint32_t first = half(ops[k], false);
        enc.halves(first, k + 1 < ops.size() ? half(ops[k + 1], true) : 0);
      }
    };
    const auto jump = [&](bool high, uint32_t label) -> uint32_t {
      enc.jumps.push_back({enc.start, enc.stream.size(), high, label});
      return 0;
    };
    for (size_t n = 0; n < low.instructions.size(); ++n) {
      const Instruction& i = low.instructions[n];
      if (i.binds_label != kNoLabel) {
        label_at[i.binds_label] = enc.stream.size();
        continue;
      }
      const auto count = static_cast<uint32_t>(i.operands.size());
      const uint32_t dst = i.has_dst ? offset_of(i.dst) : 0;
      enc.begin(i.op);
      switch (i.op) {
        case Op::kMove:
        case Op::kDec:
        case Op::kInc:
        case Op::kLen:
        case Op::kIsNat:
        case Op::kIsZero:
        case Op::kNot:
        case Op::kBit:
        case Op::kToNat: pair(dst, i.operands[0]); break;
        case Op::kForce:
          pair(dst, i.operands[0]);
          enc.stream.push_back(word_of(infos[n]));
          break;
        case Op::kRet:
        case Op::kRetEval: enc.halves(half(i.operands[0], false), frame); break;
        case Op::kJump: enc.halves(jump(false, i.label), 0); break;
        case Op::kIf:
        case Op::kIfZero:
        case Op::kIfNat: {
          const uint32_t first = half(i.operands[0], false);
          enc.halves(first, jump(true, i.label));
          break;
        }
        case Op::kIfCheap: {
          const uint32_t first = half(i.operands[0], false);
          enc.halves(first, jump(true, i.label));
          enc.halves(dst, 0);
          break;
        }
        case Op::kIfFunction:
          pair(dst, i.operands[0]);
          enc.halves(jump(false, i.label), static_cast<uint32_t>(i.immediate));
          enc.stream.push_back(i.function.word);
          break;
        case Op::kIfEqual:
        case Op::kIfLess:
        case Op::kIfLessEqual: {
          const uint32_t first = half(i.operands[0], false);
          enc.halves(first, half(i.operands[1], true));
          enc.halves(jump(false, i.label), static_cast<uint32_t>(i.immediate));
          enc.halves(dst, 0);
          enc.stream.push_back(word_of(infos[n]));
          break;
        }
        case Op::kSwitch:
        case Op::kTabSwitch: {
          const auto arms = static_cast<uint32_t>(i.labels.size());
          enc.halves(half(i.operands[0], false), arms);
          enc.halves(jump(false, i.label), 0);
          for (const Value key : i.keys) enc.stream.push_back(key.word);
          for (const uint32_t label : i.labels) enc.halves(jump(false, label), 0);
          break;
        }
        case Op::kAdd:
        case Op::kSub:
          pair(dst, i.operands[0]);
          enc.halves(half(i.operands[1], false), 0);
          break;
        case Op::kMul:
        case Op::kDiv:
        case Op::kMod:
          pair(dst, i.operands[0]);
          enc.halves(half(i.operands[1], false), 0);
          enc.stream.push_back(word_of(infos[n]));
          break;
        case Op::kIdx:
        case Op::kLazyIdx:
          pair(dst, i.operands[0]);
          enc.stream.push_back(i.immediate);
          break;
        case Op::kCompare:
          pair(dst, i.operands[0]);
          enc.halves(half(i.operands[1], false), static_cast<uint32_t>(i.immediate));
          enc.stream.push_back(word_of(infos[n]));
          break;
        case Op::kLazyAdd:
        case Op::kLazySub:
        case Op::kLazyMul:
        case Op::kLazyDiv:
        case Op::kLazyMod:
        case Op::kLazyCompare:
        case Op::kLazyNat:
        case Op::kLazyElement:
          pair(dst, i.operands[0]);
          enc.halves(half(i.operands[1], false), static_cast<uint32_t>(i.immediate));
          enc.stream.push_back(i.function.word);
          break;
        case Op::kLazyDec:
        case Op::kLazyInc:
        case Op::kLazyIsNat:
        case Op::kLazyIsZero:
        case Op::kLazyNot:
        case Op::kLazyBit:
        case Op::kLazyLen:
          pair(dst, i.operands[0]);
          enc.stream.push_back(i.function.word);
          break;
        case Op::kRow:
        case Op::kApplyThunk:
          enc.halves(dst, count);
          list(i.operands, 0);
          break;
        case Op::kClosure:
          enc.halves(dst, count);
          enc.stream.push_back(i.function.word);
          enc.stream.push_back(i.immediate);
          list(i.operands, 0);
          break;
        case Op::kThunk:
          enc.halves(dst, count);
          enc.stream.push_back(word_of(i.callee));
          list(i.operands, 0);
          break;
        case Op::kSetElement: {
          pair(dst, i.operands[0]);
          const uint32_t index = half(i.operands[1], false);
          enc.halves(index, half(i.operands[2], true));
          break;
        }
        case Op::kPatch:
          enc.halves(half(i.operands[0], false), static_cast<uint32_t>(i.immediate));
          enc.halves(half(i.operands[1], false), 0);
          break;
        case Op::kCall:
          enc.halves(count - 1, half(i.operands[0], true));
          enc.stream.push_back(word_of(infos[n]));
          list(i.operands, 1);
          block.push_words = std::max(block.push_words, count);
          break;
        case Op::kCallKnown:
          enc.halves(count, 0);
          enc.stream.push_back(word_of(i.callee));
          enc.stream.push_back(i.function.word);
          enc.stream.push_back(word_of(infos[n]));
          list(i.operands, 0);
          block.push_words = std::max(block.push_words, count);
          break;
        case Op::kTailCall:
          enc.halves(count - 1, frame);
          enc.halves(half(i.operands[0], false), 0);
          list(i.operands, 1);
          block.push_words = std::max(block.push_words, count);
          break;
        case Op::kTailKnown:
          enc.halves(count, frame);
          enc.stream.push_back(word_of(i.callee));
          enc.stream.push_back(i.function.word);
          list(i.operands, 0);
          block.push_words = std::max(block.push_words, count);
          break;
        case Op::kSelfTail:
          enc.halves(count, offset_of(0));
          enc.stream.push_back(word_of(infos[n]));
          enc.stream.push_back(static_cast<Word>(enc.start - kStreamHeaderWords));
          list(i.operands, 0);
          block.push_words = std::max(block.push_words, count);
          break;
        case Op::kJet:
          enc.halves(count, 0);
          enc.stream.push_back(word_of(i.callee));
          enc.stream.push_back(i.function.word);
          enc.stream.push_back(word_of(infos[n]));
          enc.halves(dst, 0);
          list(i.operands, 0);
          block.push_words = std::max(block.push_words, count);
          break;
        case Op::kCount: PLAN_UNREACHABLE();
      }
      PLAN_ASSERT(instruction_words(i.op, &enc.stream[enc.start]) ==
                  enc.stream.size() - enc.start);
      PLAN_ASSERT(frame_record(i.op, &enc.stream[enc.start]) == infos[n]);
      if (infos[n] != nullptr) {
        infos[n]->entry = resume_entry(i.op);
        if (i.op != Op::kSelfTail) {
          const bool branches = i.op == Op::kIfEqual || i.op == Op::kIfLess ||
                                i.op == Op::kIfLessEqual;
          resume_at[n] = branches ? enc.start : enc.stream.size();
        }
      }
    }
    for (const Encoder::Jump& j : enc.jumps) {
      const Word distance = label_at[j.label] - j.instruction;
      enc.stream[j.word] |= j.high ? distance << 32 : distance;
    }
    block.code_words = static_cast<uint32_t>(enc.stream.size() - kStreamHeaderWords);
    // Constants stand behind the code, each once.
    std::vector<std::pair<Word, size_t>> pool;
    for (const Encoder::Fix& f : enc.constants) {
      size_t at = 0;
      if (pool.size() < 64) {
        for (const auto& [word, where] : pool) {
          if (word == f.value.word) at = where;
        }
      }
      if (at == 0) {
        at = enc.stream.size();
        enc.stream.push_back(f.value.word);
        pool.emplace_back(f.value.word, at);
      }
      const Word operand = (at - f.instruction) | kConstantBit;
      enc.stream[f.word] |= f.high ? operand << 32 : operand;
    }
    finish(infos, resume_at);
  }

  /// The stream has its place now.
  void finish(const std::vector<gc::Info*>& infos, const std::vector<size_t>& resume_at) {
    block.stream.shrink_to_fit();
    const StreamHeader header{&block, block.locals, low.parameters,
                              block.frame_words + block.push_words + kEntrySlackWords, block.heat};
    std::memcpy(block.stream.data(), &header, sizeof(header));
    block.info->stream = block.stream.data() + kStreamHeaderWords;
    for (size_t n = 0; n < infos.size(); ++n) {
      if (infos[n] != nullptr) infos[n]->code = block.stream.data() + resume_at[n];
    }
  }

  void run() {
    const std::vector<LiveSet> live = live_after_suspension(low);
    std::vector<gc::Info*> infos(low.instructions.size());
    for (size_t n = 0; n < infos.size(); ++n) {
      const Instruction& i = low.instructions[n];
      // A fused comparison that suspends re-reads nothing: only what comes after is live.
      const bool stores = i.has_dst && i.op != Op::kSelfTail;
      if (!live[n].empty()) infos[n] = resume_info(live[n], stores ? offset_of(i.dst) : 0);
    }
    block.locals = locals();
    block.frame_words = 1 + low.slots;
    encode(infos);
  }
};

}  // namespace

void encode_block(Machine& vm, Block& block, const LowCode& low) {
  BlockEncoder{vm, block, low}.run();
}

}  // namespace plan::vm
