# clang-tidy looks at what has changed, like a compiler (preset `tidy`); when what it is asked has
# changed, everything has. So its command line has the hash of that, in a macro that nobody reads.

# waybill_tidy_rules(LIST): a file of checks that counts for this folder and those below.
macro(waybill_tidy_rules list)
  if(CMAKE_CXX_CLANG_TIDY)
    file(SHA256 ${PROJECT_SOURCE_DIR}/${list} hash)
    string(MAKE_C_IDENTIFIER WAYBILL_RULES_${list} name)
    list(APPEND CMAKE_CXX_CLANG_TIDY --extra-arg=-D${name}=${hash})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${list})
  endif()
endmacro()

waybill_tidy_rules(.clang-tidy)
