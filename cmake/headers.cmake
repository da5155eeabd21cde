# Every header compiles on its own. One that has a source of the same name is proved by that source,
# which includes it first (tests/layers.sh holds it to that), wherever sources are compiled one by one
# (release); the others are compiled alone by the target all_verify_interface_header_sets, which
# `tools/test --lint` builds.

# waybill_check_lone_headers(TARGET...)
function(waybill_check_lone_headers)
  foreach(target IN LISTS ARGN)
    get_target_property(headers ${target} HEADER_SET)
    get_target_property(folder ${target} SOURCE_DIR)
    set(lone)
    foreach(header IN LISTS headers)
      cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY ${folder})
      cmake_path(REPLACE_EXTENSION header LAST_ONLY cpp OUTPUT_VARIABLE source)
      if(NOT EXISTS ${source})
        list(APPEND lone ${header})
      endif()
    endforeach()
    if(lone)
      target_sources(${target} PUBLIC
        FILE_SET lone_headers TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${lone})
      set_target_properties(${target} PROPERTIES
        VERIFY_INTERFACE_HEADER_SETS ON
        INTERFACE_HEADER_SETS_TO_VERIFY lone_headers)
    endif()
  endforeach()
endfunction()
