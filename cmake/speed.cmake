# What is compiled does not know where: the same sources give the same objects in every folder, for
# who compares two builds, and for the compiler cache.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

# A compiler cache and a fast linker, when the machine has them. Nothing depends on either.
find_program(WAYBILL_CCACHE ccache)
if(WAYBILL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the checkout count as relative, so that a second checkout finds what the first made.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${WAYBILL_CCACHE})
endif()

find_program(WAYBILL_MOLD mold)
if(WAYBILL_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
