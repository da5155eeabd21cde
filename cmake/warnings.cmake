# The warnings that every target of ours is compiled with. They are errors only in the presets, so
# a newer compiler never breaks somebody who merely builds the project.
add_library(waybill_warnings INTERFACE)
add_library(waybill::warnings ALIAS waybill_warnings)
target_compile_options(waybill_warnings INTERFACE
  -Wall
  -Wextra
  -Wpedantic
  # To clang, in a batch (speed.cmake) the names of one source are hidden by those of the next.
  $<$<NOT:$<AND:$<CXX_COMPILER_ID:Clang>,$<BOOL:${WAYBILL_BATCHES}>>>:-Wshadow>
  -Wconversion
  -Wsign-conversion
  -Wold-style-cast
  -Wcast-qual
  -Wcast-align
  -Wnon-virtual-dtor
  -Woverloaded-virtual
  -Wformat=2
  -Wimplicit-fallthrough
  -Wswitch
  -Wextra-semi
  -Wundef
  -Wunused
  -Wvla
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-branches>
  $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
  $<$<CXX_COMPILER_ID:GNU>:-Wredundant-decls>
  $<$<CXX_COMPILER_ID:GNU>:-Wsuggest-override>
  $<$<BOOL:${WAYBILL_WERROR}>:-Werror>)
