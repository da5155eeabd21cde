# Temporal's API, for ticket/adapters/temporal*: its definitions are fetched from the npm package
# that carries all of them, pinned by version and hash, pruned to what is spoken here
# (tools/protos/temporal.keep), and generated as C++. Nothing of it is in this tree.
option(WAYBILL_TEMPORAL "Temporal as an engine: needs gRPC, protobuf and npm (tools/setup)" ON)
set(WAYBILL_TEMPORAL_PACKAGE "" CACHE FILEPATH
  "The npm package of Temporal's definitions, where it was fetched before; else npm fetches it")

if(WAYBILL_TEMPORAL)
  waybill_find_grpc()
  pkg_check_modules(protobuf_library REQUIRED IMPORTED_TARGET protobuf)
  find_program(WAYBILL_PROTOC protoc REQUIRED)
endif()

# Where the package is, of exactly the bytes that are expected; fetched when it is not there yet.
function(waybill_temporal_package folder out)
  set(version 1.24.0)
  set(hash 5f58de2e98bdc4711be3cbb06cc08bc39cb274cbbac41d02f0352bfe1630a8f7)
  set(off "or configure with -DWAYBILL_TEMPORAL=OFF to build without Temporal.")
  set(file ${WAYBILL_TEMPORAL_PACKAGE})
  if(NOT file)
    set(file ${folder}/temporalio-core-bridge-${version}.tgz)
  endif()
  if(NOT EXISTS ${file})
    find_program(WAYBILL_NPM npm)
    if(NOT WAYBILL_NPM)
      message(FATAL_ERROR "npm is needed to fetch the definitions of Temporal's API, and is not "
        "here. Install it (tools/setup does), name a copy with -DWAYBILL_TEMPORAL_PACKAGE=FILE, "
        "${off}")
    endif()
    message(STATUS "Fetching Temporal's definitions (50 MB, once for this build folder)")
    file(MAKE_DIRECTORY ${folder})
    execute_process(
      COMMAND ${WAYBILL_NPM} pack --silent --prefer-offline @temporalio/core-bridge@${version}
      WORKING_DIRECTORY ${folder} RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE why)
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "npm could not fetch the definitions of Temporal's API. Try again, name "
        "a copy with -DWAYBILL_TEMPORAL_PACKAGE=FILE, ${off}\n${why}")
    endif()
  endif()
  file(SHA256 ${file} found)
  if(NOT found STREQUAL hash)
    message(FATAL_ERROR "${file} is not the package that is expected: its SHA-256 is ${found}. "
      "Remove it and configure again, ${off}")
  endif()
  set(${out} ${file} PARENT_SCOPE)
endfunction()

# waybill_temporal_wire(TARGET): a library of the generated messages, whose header is
# temporal_wire.pb.h; their package is temporal_wire.
function(waybill_temporal_wire target)
  set(folder ${PROJECT_BINARY_DIR}/temporal)
  set(protos ${folder}/package/sdk-core/crates/protos/protos)
  waybill_temporal_package(${folder} package)
  if(NOT EXISTS ${protos}/api_upstream/temporal)
    file(ARCHIVE_EXTRACT INPUT ${package} DESTINATION ${folder}
      PATTERNS */protos/protos/api_upstream/*.proto */protos/protos/google/rpc/*.proto)
  endif()
  set(list ${PROJECT_SOURCE_DIR}/tools/protos/temporal.keep)
  add_custom_command(OUTPUT ${folder}/temporal_wire.pb.cc ${folder}/temporal_wire.pb.h
    COMMAND ${WAYBILL_PROTOC} -I ${protobuf_library_INCLUDEDIR} -I ${protos}/api_upstream
      -I ${protos} --include_imports --descriptor_set_out=${folder}/all.pb
      temporal/api/workflowservice/v1/request_response.proto
      temporal/api/errordetails/v1/message.proto google/rpc/status.proto
    COMMAND waybill_prune_protos ${folder}/all.pb ${list} temporal_wire ${folder}/kept.pb
    COMMAND ${WAYBILL_PROTOC} --descriptor_set_in=${folder}/kept.pb --cpp_out=${folder}
      temporal_wire.proto
    DEPENDS waybill_prune_protos ${list} ${package}
    COMMENT "Generating what is spoken of Temporal's API"
    VERBATIM)
  add_library(${target} STATIC ${folder}/temporal_wire.pb.cc ${folder}/temporal_wire.pb.h)
  target_include_directories(${target} SYSTEM PUBLIC ${folder})
  target_link_libraries(${target} PUBLIC PkgConfig::protobuf_library)
  set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "")
endfunction()
