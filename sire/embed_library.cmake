# sire/embed_library.cmake: writes a C++ file with the text of Sire modules in it.
#
#   cmake -D OUTPUT=file.cc -D MODULES=a.sire;b.sire -P embed_library.cmake
#
# Texts are raw string literals in pieces, as compilers limit the length of one.
set(delimiter "PLAN_SIRE")
set(out "// Made by sire/embed_library.cmake.\n#include \"sire/library.h\"\n\n")
string(APPEND out "namespace plan::sire {\n\nnamespace {\n\n")
string(APPEND out "constexpr LibraryModule kModules[] = {\n")
set(count 0)
foreach(module IN LISTS MODULES)
  get_filename_component(name ${module} NAME_WE)
  file(SIZE ${module} size)
  string(APPEND out "    {\"${name}\",\n     std::string_view(")
  set(offset 0)
  while(offset LESS size OR offset EQUAL 0)
    # In hexadecimal, since reading text would stop at what CMake takes for list separators.
    file(READ ${module} piece OFFSET ${offset} LIMIT 8192 HEX)
    string(REGEX REPLACE "(................................................................)"
      "\\1\"\n      \"" piece "${piece}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" piece "${piece}")
    string(APPEND out "\n      \"${piece}\"")
    math(EXPR offset "${offset} + 8192")
  endwhile()
  string(APPEND out ",\n      ${size})},\n")
  math(EXPR count "${count} + 1")
endforeach()
if(count EQUAL 0)
  string(APPEND out "    {\"\", \"\"},\n")
endif()
string(APPEND out "};\n\n}  // namespace\n\n")
string(APPEND out "std::span<const LibraryModule> library_modules() {\n")
string(APPEND out "  return std::span(kModules).first(${count});\n}\n\n")
string(APPEND out "}  // namespace plan::sire\n")
file(WRITE ${OUTPUT} "${out}")
