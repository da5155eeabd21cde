# The trigger's gRPC door: its messages are generated from specs/proto. Calls are taken as raw
# bytes, since presentations are bound to these, so no stub is generated.
option(WAYBILL_GRPC "The trigger's gRPC front door: needs grpc++ and protobuf (tools/setup)" ON)

if(WAYBILL_GRPC)
  waybill_find_grpc()
  pkg_check_modules(protobuf_library REQUIRED IMPORTED_TARGET protobuf)
  find_library(WAYBILL_GRPC_REFLECTION grpc++_reflection REQUIRED)
  find_program(WAYBILL_PROTOC protoc REQUIRED)
endif()

# waybill_trigger_proto(TARGET): a library of the messages; waybill/v1/trigger.pb.h.
function(waybill_trigger_proto target)
  set(folder ${PROJECT_BINARY_DIR}/proto)
  set(stem ${folder}/waybill/v1/trigger.pb)
  set(proto ${PROJECT_SOURCE_DIR}/specs/proto/waybill/v1/trigger.proto)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${stem}.cc ${stem}.h
    COMMAND ${WAYBILL_PROTOC} -I ${PROJECT_SOURCE_DIR}/specs/proto
      -I ${protobuf_library_INCLUDEDIR} --cpp_out=${folder} ${proto}
    DEPENDS ${proto}
    COMMENT "Generating the messages of the trigger's gRPC door"
    VERBATIM)
  add_library(${target} STATIC ${stem}.cc ${stem}.h)
  target_include_directories(${target} SYSTEM PUBLIC ${folder})
  target_link_libraries(${target} PUBLIC PkgConfig::protobuf_library)
  set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "")
endfunction()
