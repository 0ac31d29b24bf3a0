// vm/optimise_test.cc: sets of passes, and what is done for all of them.
#include "vm/optimise.h"

#include "vm/ir_build.h"
#include "vm/ir_test.h"

namespace plan::vm {
namespace {

std::string echo(std::string_view text) {
  Result<PassSet> passes = read_passes(text);
  return passes ? print_passes(*passes) : passes.error().message;
}

TEST(PassSet, ReadsListsThatAddAndTakeAway) {
  EXPECT_EQ(echo("all"), "all");
  EXPECT_EQ(echo("none"), "none");
  EXPECT_EQ(echo("inline,demand"), "demand,inline");
  EXPECT_EQ(echo("-inline,-demand"),
            "specialise,unlift,case,cse,sink,absence,results,speculate,once");
  EXPECT_EQ(echo("all,-sink"), echo("-sink"));
  EXPECT_EQ(echo("none,case"), "case");
  EXPECT_EQ(echo("case,-case"), "none");
}

TEST(PassSet, RefusesNamesOfNoPass) {
  for (const char* text : {"", ",", "case,", "-", "Case", "case inline"}) {
    Result<PassSet> passes = read_passes(text);
    ASSERT_FALSE(passes.has_value()) << text;
    EXPECT_EQ(passes.error().name, "PASSES");
  }
  EXPECT_EQ(echo("loop"),
            "no pass `loop'; there are demand inline specialise unlift case cse sink absence "
            "results speculate once");
}

TEST(PassSet, HasWhatWasAdded) {
  PassSet passes = PassSet::none();
  passes.add(Pass::kCse);
  EXPECT_TRUE(passes.has(Pass::kCse));
  EXPECT_FALSE(passes.has(Pass::kSink));
  passes.remove(Pass::kCse);
  EXPECT_EQ(passes, PassSet::none());
}

class Optimise : public IrTest {};

TEST_F(Optimise, LeavesOutLetsThatNothingUses) {
  EXPECT_EQ(optimised("law n { a = (n 1) b = (n a) c = (n d) d = (c n) e = (n 2) (b e) }",
                      PassSet::none()),
            plain("law n { a = (n 1) b = (n a) e = (n 2) (b e) }"));
}

TEST_F(Optimise, LeavesLawsWithUndecodedPartsAlone) {
  names_.define("later", value("^(0 1 2)"));
  const std::string text = "law n { a = (n 1) (@_Add 1 2 ?@later) }";
  EXPECT_EQ(optimised_as(text, PassSet::all(), small_nat(7)), plain(text));
}

TEST_F(Optimise, DecodesWhatTheTestsEncode) {
  const std::string text =
      plain("law n k { a = (@_Add b 2 1000 'text') b = (self a) (k a @_If b) }");
  Law law;
  decode_law(encode("f", read(text)), law);
  EXPECT_EQ(print(law), text);
}

}  // namespace
}  // namespace plan::vm
