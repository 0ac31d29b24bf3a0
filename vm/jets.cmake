# vm/jets.cmake: sources of the jets, for vm/CMakeLists.txt.
set(PLAN_JET_SOURCES
  jets.cc
  jets_bar.cc
  jets_leaf.cc
  jets_list.cc
  jets_nat.cc
  jets_pad.cc
  jets_plan.cc
  jets_row.cc
  jets_seed.cc
  jets_set.cc
  jets_tab.cc
  jets_tab_apply.cc
  jets_tree.cc
  jets_word.cc
  nat_ops.cc
)
