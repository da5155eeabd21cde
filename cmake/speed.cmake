# A compiler cache and a fast linker, when the machine has them. Nothing depends on either.
find_program(WAYBILL_CCACHE ccache)
if(WAYBILL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WAYBILL_CCACHE})
endif()

find_program(WAYBILL_MOLD mold)
if(WAYBILL_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
