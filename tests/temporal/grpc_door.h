#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace waybill::test {

/// A gRPC server on a loopback port that hears every unary call as bytes.
class GrpcDoor {
 public:
  struct Call {
    std::string method;  // without the service
    std::string body;
    std::multimap<std::string, std::string> metadata;
  };
  struct Reply {
    std::string body{};
    int status = 0;
    std::string message{};
    std::string details{};
  };
  /// Called by many threads.
  using Handler = std::function<Reply(const Call&)>;

  /// PEM texts. Without them TLS is not spoken.
  struct Identity {
    std::string certificate, key;
  };

  explicit GrpcDoor(Handler handler, const Identity& identity = {});
  GrpcDoor(const GrpcDoor&) = delete;
  GrpcDoor& operator=(const GrpcDoor&) = delete;
  ~GrpcDoor();

  std::string address() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace waybill::test
