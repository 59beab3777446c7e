# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiles bitcode of the runtime to an object and checks what it needs from
# outside. Arguments: CLANG, NM, BITCODE, OBJECT, ARCHITECTURE, ALLOWED (symbols,
# separated by commas), EXPECTED (one of them, which it cannot do without).
cmake_minimum_required(VERSION 3.25)

execute_process(
  COMMAND "${CLANG}" --target=${ARCHITECTURE}-unknown-linux-gnu -O2 -c
    "${BITCODE}" -o "${OBJECT}"
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(
  COMMAND "${NM}" --undefined-only --just-symbol-name "${OBJECT}"
  OUTPUT_VARIABLE symbols
  COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^ \n]+" symbols "${symbols}")
string(REPLACE "," ";" ALLOWED "${ALLOWED}")
if(EXPECTED AND NOT EXPECTED IN_LIST symbols)
  message(FATAL_ERROR "expects a reference to ${EXPECTED}, found '${symbols}'")
endif()
list(REMOVE_ITEM symbols ${ALLOWED})
if(symbols)
  message(FATAL_ERROR "${BITCODE} must not need: ${symbols}")
endif()
