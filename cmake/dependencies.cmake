# Everything that we link, found once. tools/setup installs all of it.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(lmdb REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5)
# The macros that cpp-httplib was compiled with come from here and must be the same everywhere.
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)

# Its core alone: what is counted is handed out by our own server.
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)

option(WAYBILL_PKCS11 "The KDC's master key wrapped by a PKCS#11 token: needs p11-kit (tools/setup)" ON)
if(WAYBILL_PKCS11)
  pkg_check_modules(p11kit REQUIRED IMPORTED_TARGET p11-kit-1)
endif()

find_package(OpenSSL 3.0 REQUIRED)
find_package(msgpack CONFIG REQUIRED)  # the target is called msgpackc-cxx
find_package(spdlog CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)

if(WAYBILL_TESTS)
  set(Boost_USE_STATIC_LIBS OFF)
  find_package(Boost 1.74 REQUIRED COMPONENTS unit_test_framework)
  find_package(benchmark REQUIRED)
  pkg_check_modules(botan REQUIRED IMPORTED_TARGET botan-2)  # tests/crosscheck alone
endif()

# waybill_find_grpc(): the target waybill::grpcpp. pkg_check_modules would ask pkg-config fourteen times,
# which takes two seconds each for the hundred modules that gRPC is made of; here it is asked once for
# each build folder.
function(waybill_find_grpc)
  if(TARGET waybill::grpcpp)
    return()
  endif()
  if(NOT WAYBILL_GRPC_FLAGS)
    execute_process(COMMAND ${PKG_CONFIG_EXECUTABLE} --cflags --libs grpc++
      OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags)
    set(WAYBILL_GRPC_FLAGS ${flags} CACHE INTERNAL "What pkg-config says of grpc++")
  endif()
  set(compiling ${WAYBILL_GRPC_FLAGS})
  list(FILTER compiling EXCLUDE REGEX "^-[lL]")
  set(linking ${WAYBILL_GRPC_FLAGS})
  list(FILTER linking INCLUDE REGEX "^-[lL]")
  list(REMOVE_DUPLICATES linking)
  add_library(waybill::grpcpp INTERFACE IMPORTED GLOBAL)
  target_compile_options(waybill::grpcpp INTERFACE ${compiling})
  target_link_libraries(waybill::grpcpp INTERFACE ${linking})
endfunction()
