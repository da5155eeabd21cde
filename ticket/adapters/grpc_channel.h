#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace waybill {

/// Unary calls of one gRPC server, as bytes; no type of gRPC shows here. Thread-safe.
class GrpcChannel {
 public:
  struct Options {
    std::string address;  ///< HOST:PORT
    /// Metadata of every call. Asked again for each: a token changes while a channel lives.
    std::function<std::multimap<std::string, std::string>()> metadata{};
    /// PEM of the authorities that are believed: TLS is spoken. Empty: it is not.
    std::string authorities{};
  };

  /// How a call ended: what came back, or a status of gRPC.
  struct Answer {
    int status = 0;         ///< grpc::StatusCode; 0: it went well
    std::string body{};     ///< of an answer that went well
    std::string message{};  ///< somebody else's words about what did not
    std::string details{};  ///< grpc-status-details-bin
    bool is_good() const { return status == 0; }
  };

  explicit GrpcChannel(Options options);
  GrpcChannel(const GrpcChannel&) = delete;
  GrpcChannel& operator=(const GrpcChannel&) = delete;
  ~GrpcChannel();

  /// `method` is the path, `/package.Service/Method`. Waits for the answer, until `patience` is
  /// over (DEADLINE_EXCEEDED). A poll is ended by end_polls() too.
  Answer call(const std::string& method, const std::string& request,
              std::chrono::milliseconds patience, bool is_poll = false);
  /// From now on no poll begins. Those that wait may end by themselves for so long, then they are
  /// ended (CANCELLED).
  void end_polls(std::chrono::milliseconds patience);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace waybill
