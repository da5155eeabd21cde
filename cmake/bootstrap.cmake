# TEMPORARY, for the days in which folders are still empty: a target without sources gets an
# empty one, so that the tree configures. Delete this file, and the line that includes it, when
# every target lists a source of its own.
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/bootstrap/library.cpp CONTENT "")
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/bootstrap/main.cpp CONTENT "int main() { return 1; }\n")

set(folders ticket ticket/adapters kdc trigger worker tools)
if(WAYBILL_TESTS)
  list(APPEND folders tests/support tests/bench)
endif()
foreach(folder IN LISTS folders)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(sources ${target} SOURCES)
    if(sources MATCHES "\\.cpp")
      continue()
    elseif(type STREQUAL "EXECUTABLE")
      target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/bootstrap/main.cpp)
    elseif(type STREQUAL "STATIC_LIBRARY")
      target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/bootstrap/library.cpp)
    endif()
  endforeach()
endforeach()
