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

# Most of the time of a source goes into the headers that it includes, so a folder's sources are
# compiled some at a time. The presets for every day do that, tidy too; release takes each source
# alone, which proves that it includes what it uses. Neighbours in the list share names more often
# than strangers, so they go to different batches; two that clash nevertheless rename one.
option(WAYBILL_BATCHES "Compile the sources of a library some at a time" OFF)

# waybill_compile_in_batches(TARGET NUMBER): after target_sources, in the same folder.
function(waybill_compile_in_batches target number)
  if(NOT WAYBILL_BATCHES)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  set(i 0)
  foreach(source IN LISTS sources)
    math(EXPR batch "${i} % ${number}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${batch})
    math(EXPR i "${i} + 1")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # A class that a source keeps to itself counts as one of a header when the source is included.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()
