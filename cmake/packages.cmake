# Debian packages, one for each program and one for whoever verifies tickets in a program of his own.
# tools/package makes them; `cmake --install` of a component puts the same files elsewhere.
set(folder ${PROJECT_BINARY_DIR}/packages)
set(man ${PROJECT_SOURCE_DIR}/tools/packages/man)
file(GLOB examples ${PROJECT_SOURCE_DIR}/tools/examples/*.toml)
set(programs waybill waybill-kdc waybill-trigger waybill-worker)

# What the programs say of themselves: manual pages, completion.
set(completions)
foreach(shell bash zsh fish)
  list(APPEND completions
    COMMAND sh -c "'$<TARGET_FILE:waybill>' completion ${shell} >waybill.${shell}")
endforeach()
add_custom_command(OUTPUT ${folder}/written
  COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
  COMMAND ${man} ${folder} ${PROJECT_VERSION} $<TARGET_FILE:waybill> $<TARGET_FILE:waybill-kdc>
    $<TARGET_FILE:waybill-trigger> $<TARGET_FILE:waybill-worker>
  ${completions}
  COMMAND ${CMAKE_COMMAND} -E touch ${folder}/written
  DEPENDS ${programs} ${man} ${examples}
  WORKING_DIRECTORY ${folder} VERBATIM)

# The verifier and all below it, in one archive. A program takes out of it what it uses.
add_library(waybill_archive STATIC EXCLUDE_FROM_ALL)
set_target_properties(waybill_archive PROPERTIES OUTPUT_NAME waybill LINKER_LANGUAGE CXX)
set(storeys waybill_wire waybill_ticket waybill_exchange waybill_lmdb waybill_guarded_store
  waybill_files waybill_feed waybill_http waybill_tls waybill_log waybill_realm_file
  waybill_kdc_client waybill_base64 waybill_process waybill_worker_lib)
foreach(target IN LISTS storeys)
  target_sources(waybill_archive PRIVATE $<TARGET_OBJECTS:${target}>)
endforeach()
add_custom_target(packages DEPENDS ${folder}/written waybill_archive ${programs})

set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
install(TARGETS waybill RUNTIME DESTINATION bin COMPONENT waybill)
install(DIRECTORY ${folder}/man1 DESTINATION share/man COMPONENT waybill)
install(FILES ${folder}/man5/waybill-realm.toml.5 DESTINATION share/man/man5 COMPONENT waybill)
install(FILES ${folder}/waybill.bash RENAME waybill
  DESTINATION share/bash-completion/completions COMPONENT waybill)
install(FILES ${folder}/waybill.zsh RENAME _waybill
  DESTINATION share/zsh/vendor-completions COMPONENT waybill)
install(FILES ${folder}/waybill.fish
  DESTINATION share/fish/vendor_completions.d COMPONENT waybill)

foreach(daemon waybill-kdc waybill-trigger waybill-worker)
  install(TARGETS ${daemon} RUNTIME DESTINATION bin COMPONENT ${daemon})
  install(DIRECTORY ${folder}/man8 DESTINATION share/man COMPONENT ${daemon}
    FILES_MATCHING PATTERN "${daemon}.8" PATTERN "${daemon}-*.8")
  install(FILES ${folder}/man5/${daemon}.toml.5 DESTINATION share/man/man5 COMPONENT ${daemon})
  file(GLOB units ${PROJECT_SOURCE_DIR}/tools/systemd/${daemon}*.service)
  install(FILES ${units} DESTINATION lib/systemd/system COMPONENT ${daemon})
  cmake_path(GET units FILENAME unit)  # there is one
  string(REPLACE "@." "@*." running ${unit})  # that of a template is any instance
  foreach(script postinst prerm postrm)
    configure_file(${PROJECT_SOURCE_DIR}/tools/packages/${script}.in
      ${folder}/${daemon}/${script} @ONLY FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
      GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endforeach()
endforeach()

install(FILES $<TARGET_FILE:waybill_archive> DESTINATION lib COMPONENT libwaybill)
foreach(target IN LISTS storeys)
  install(TARGETS ${target} FILE_SET HEADERS DESTINATION include/waybill COMPONENT libwaybill
    ARCHIVE DESTINATION lib EXCLUDE_FROM_ALL COMPONENT unused)
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/tools/packages/waybill.pc.in ${folder}/waybill.pc @ONLY)
install(FILES ${folder}/waybill.pc DESTINATION lib/pkgconfig COMPONENT libwaybill)

foreach(component ${programs} libwaybill)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
    DESTINATION share/doc/${component} COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL ${programs} libwaybill)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${folder})
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "The Waybill project <waybill@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# package(NAME SUMMARY [DEPENDS])
function(package name summary)
  string(TOUPPER ${name} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_COMPONENT_${upper}_DESCRIPTION ${summary} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${ARGN}" PARENT_SCOPE)
  if(EXISTS ${folder}/${name}/postinst)
    set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA
      "${folder}/${name}/postinst;${folder}/${name}/prerm;${folder}/${name}/postrm" PARENT_SCOPE)
  endif()
endfunction()
package(waybill "get, show, use, revoke and check tickets of a Waybill realm")
package(waybill-kdc "the KDC of a Waybill realm" "adduser, procps")
package(waybill-trigger "the front door of a Waybill realm" "adduser, procps")
package(waybill-worker "runs the jobs of one queue, each verified offline first" "adduser, procps")
package(libwaybill "the offline verifier of Waybill, for C++"
  "libsodium-dev, liblmdb-dev, libssl-dev, libspdlog-dev, libcpp-httplib-dev")
include(CPack)
