# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The only place that knows how LLVM and MLIR are linked: always the shared
# libraries, because mixing them with the archives gives two copies of every
# registry.

# add_bitnet_library(<name> <sources>... [DEPENDS <target>...] [LINK <lib>...])
function(add_bitnet_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM fmt::fmt)
endfunction()

# add_bitnet_tool(<name> <sources>... [DEPENDS <target>...] [LINK <lib>...])
function(add_bitnet_tool name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM fmt::fmt)
endfunction()
