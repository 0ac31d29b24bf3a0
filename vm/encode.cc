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

constexpr size_t kPoolSearchMax = 64;  ///< constants among which one is looked for

/// Instructions into a stream, as their layouts say.
class StreamWriter {
 public:
  StreamWriter(Block& block, const LowCode& low)
      : low_(low), stream_(block.stream), locals_(low.slots - low.parameters), labels_(low.labels) {
    stream_.resize(kStreamHeaderWords);
  }

  uint32_t offset_of(uint32_t slot) const {
    return slot < low_.parameters ? 1 + locals_ + slot : 1 + (slot - low_.parameters);
  }
  void bind(uint32_t label) { labels_[label] = stream_.size(); }
  /// `record`: of the frame it may push, or null.
  void write(const Instruction& i, const gc::Info* record);
  /// Where the latest instruction begins.
  size_t start() const { return start_; }
  size_t end() const { return stream_.size(); }
  void set_jumps();
  /// Constants stand behind the code, each once.
  void add_constants();

 private:
  struct Fix {
    size_t instruction;  // start
    size_t word;
    bool high;
    Value value;
  };
  struct Jump {
    size_t instruction;
    size_t word;
    bool high;
    uint32_t label;
  };

  uint32_t operand(const Operand& o, bool high) {
    if (!o.is_constant) return offset_of(o.slot);
    constants_.push_back({start_, stream_.size(), high, o.value});
    return 0;
  }
  uint32_t jump(uint32_t label, bool high) {
    jumps_.push_back({start_, stream_.size(), high, label});
    return 0;
  }
  void put_halves(uint32_t low, uint32_t high) {
    stream_.push_back(Word{low} | (Word{high} << 32));
  }
  uint32_t half(const Instruction& i, Field field, bool high);
  Word whole(const Instruction& i, Field field, const gc::Info* record) const;
  void put_listed(const Instruction& i, const Layout& layout);

  const LowCode& low_;
  std::vector<Word>& stream_;
  uint32_t locals_;
  std::vector<size_t> labels_;
  std::vector<Fix> constants_;
  std::vector<Jump> jumps_;
  size_t start_ = 0;
};

constexpr bool is_whole(Field field) { return field >= Field::kImmediateWord; }

void StreamWriter::write(const Instruction& i, const gc::Info* record) {
  const Layout& layout = layout_of(i.op);
  PLAN_ASSERT((record != nullptr) == (layout.record != 0));
  start_ = stream_.size();
  stream_.push_back(op_handler(i.op));
  for (uint32_t k = 1; k < layout.count; ++k) {
    const Layout::Halves& word = layout.words[k];
    if (is_whole(word.low)) {
      stream_.push_back(whole(i, word.low, record));
    } else {
      const uint32_t first = half(i, word.low, false);
      put_halves(first, half(i, word.high, true));
    }
  }
  put_listed(i, layout);
  PLAN_ASSERT(instruction_words(i.op, &stream_[start_]) == stream_.size() - start_);
}

uint32_t StreamWriter::half(const Instruction& i, Field field, bool high) {
  switch (field) {
    case Field::kNone: return 0;
    case Field::kDst: return i.has_dst ? offset_of(i.dst) : 0;
    case Field::kA: return operand(i.operands[0], high);
    case Field::kB: return operand(i.operands[1], high);
    case Field::kC: return operand(i.operands[2], high);
    case Field::kOffset: return jump(i.label, high);
    case Field::kCount: {
      const Layout& layout = layout_of(i.op);
      const size_t n = layout.listed == Listed::kOperands ? i.operands.size() - layout.operands
                                                          : i.labels.size();
      return static_cast<uint32_t>(n);
    }
    case Field::kFrame: return 1 + low_.slots;
    case Field::kFirstParameter: return offset_of(0);
    case Field::kImmediate: return static_cast<uint32_t>(i.immediate);
    default: PLAN_UNREACHABLE();
  }
}

Word StreamWriter::whole(const Instruction& i, Field field, const gc::Info* record) const {
  switch (field) {
    case Field::kImmediateWord: return i.immediate;
    case Field::kInfo: return word_of(record);
    case Field::kCallee: return word_of(i.callee);
    case Field::kFunction: return i.function.word;
    case Field::kStart: return static_cast<Word>(start_ - kStreamHeaderWords);
    default: PLAN_UNREACHABLE();
  }
}

void StreamWriter::put_listed(const Instruction& i, const Layout& layout) {
  if (layout.listed == Listed::kOperands) {
    for (size_t k = layout.operands; k < i.operands.size(); k += 2) {
      const uint32_t first = operand(i.operands[k], false);
      put_halves(first, k + 1 < i.operands.size() ? operand(i.operands[k + 1], true) : 0);
    }
    return;
  }
  for (const Value key : i.keys) stream_.push_back(key.word);
  for (const uint32_t label : i.labels) put_halves(jump(label, false), 0);
}

void StreamWriter::set_jumps() {
  for (const Jump& j : jumps_) {
    const Word distance = labels_[j.label] - j.instruction;
    stream_[j.word] |= j.high ? distance << 32 : distance;
  }
}

void StreamWriter::add_constants() {
  std::vector<std::pair<Word, size_t>> pool;
  for (const Fix& f : constants_) {
    size_t at = 0;
    if (pool.size() < kPoolSearchMax) {
      for (const auto& [word, where] : pool) {
        if (word == f.value.word) at = where;
      }
    }
    if (at == 0) {
      at = stream_.size();
      stream_.push_back(f.value.word);
      pool.emplace_back(f.value.word, at);
    }
    const Word operand = (at - f.instruction) | kConstantBit;
    stream_[f.word] |= f.high ? operand << 32 : operand;
  }
}

/// Comparisons that branch: returned to, they are run again on the answer.
bool runs_again(Op op) {
  return op == Op::kIfEqual || op == Op::kIfLess || op == Op::kIfLessEqual;
}

struct BlockEncoder {
  Machine& vm;
  Block& block;
  const LowCode& low;
  StreamWriter writer;
  Code& code = *block.code;

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
      const uint32_t bit = writer.offset_of(slot) - 1;
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
    std::vector<size_t> resume_at(infos.size(), kStreamHeaderWords);
    for (size_t n = 0; n < low.instructions.size(); ++n) {
      const Instruction& i = low.instructions[n];
      if (i.binds_label != kNoLabel) {
        writer.bind(i.binds_label);
        continue;
      }
      writer.write(i, infos[n]);
      if (layout_of(i.op).is_call()) {
        block.push_words = std::max(block.push_words, static_cast<uint32_t>(i.operands.size()));
      }
      if (infos[n] == nullptr) continue;
      infos[n]->entry = resume_entry(i.op);
      if (i.op != Op::kSelfTail) resume_at[n] = runs_again(i.op) ? writer.start() : writer.end();
    }
    writer.set_jumps();
    block.code_words = static_cast<uint32_t>(writer.end() - kStreamHeaderWords);
    writer.add_constants();
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
      if (!live[n].empty()) infos[n] = resume_info(live[n], stores ? writer.offset_of(i.dst) : 0);
    }
    block.locals = low.slots - low.parameters;
    block.frame_words = 1 + low.slots;
    encode(infos);
  }
};

}  // namespace

void encode_block(Machine& vm, Block& block, const LowCode& low) {
  BlockEncoder{vm, block, low, StreamWriter(block, low)}.run();
}

}  // namespace plan::vm
