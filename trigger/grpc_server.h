#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "trigger/http_api.h"

namespace waybill::trigger {

/// The sockets of the gRPC door (specs/grpc-api.md), with the standard health service and
/// reflection; no type of gRPC shows here. In a build without gRPC (-DWAYBILL_GRPC=OFF) there is
/// none: start() throws.
class GrpcServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one
    /// PEM files (TlsIdentity::load): both, and TLS is spoken and nothing else; or none.
    std::string tls_certificate{};
    std::string tls_key{};
  };

  /// `parts` must outlive it.
  GrpcServer(Options options, TriggerParts& parts);
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;
  ~GrpcServer();  // stop()

  /// Binds, listens and serves; returns the bound port. Once. Throws FileError (TLS) and
  /// std::runtime_error with the address in its sentence.
  std::uint16_t start();
  /// Reads the files for TLS again; handshakes from now on get what they hold. Throws FileError
  /// when they are not right: then nothing has changed. Nothing without TLS.
  void renew_certificate();
  /// Takes no more calls, ends the waits, gives running calls a few seconds, and returns when all
  /// are over. May be called twice.
  void stop();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace waybill::trigger
