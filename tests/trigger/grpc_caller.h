#pragma once

#include <waybill/v1/trigger.pb.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace waybill::test {

/// What a client of the gRPC door gets.
struct Heard {
  int code;             ///< of gRPC
  std::string message;  ///< of the status, or the reply
  v1::ErrorInfo info;   ///< of a refusal by the trigger; else empty
  template <class Message>
  Message as() const {
    Message out;
    (void)out.ParseFromString(message);
    return out;
  }
};

/// A client over a real socket that sends any bytes to any method. No type of gRPC shows here.
class GrpcCaller {
 public:
  /// TLS, trusting this authority (PEM text), unless that is empty.
  explicit GrpcCaller(const std::string& address, const std::string& authority = {});
  ~GrpcCaller();
  GrpcCaller(const GrpcCaller&) = delete;
  GrpcCaller& operator=(const GrpcCaller&) = delete;

  using Metadata = std::vector<std::pair<std::string, std::string>>;
  Heard call(const std::string& method, const std::string& message, const Metadata& metadata,
             int seconds = 20);
  Heard call(const std::string& method, const std::string& message,
             const std::string& authorization) {
    return call(method, message, Metadata{{"authorization", authorization}});
  }
  /// The names of the services that reflection lists, and their health.
  std::string reflected();
  bool is_healthy();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace waybill::test
