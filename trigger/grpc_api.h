#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "trigger/http_api.h"

namespace waybill::trigger {

/// One call as it came, nothing believed.
struct GrpcCall {
  std::string_view method;                  ///< `/waybill.v1.Trigger/Start`
  std::string message;                      ///< the exact bytes of the request message
  std::optional<std::string> credential{};  ///< the one `authorization` entry; none if not one
  std::string request_id{};                 ///< the entry `x-request-id`, for the log
  std::string from{};                       ///< the peer's address, likewise
  std::function<bool()> is_over{};          ///< cancelled, or past its deadline
};

/// A status code of gRPC, its message, and `grpc-status-details-bin`; or a reply message.
struct GrpcReply {
  int code = 0;
  std::string message{};
  std::string details{};
  std::string request_id{};  ///< the call's, as its caller chose it or as it was made
};

/// How much may be under way at the same time. What is beyond is refused [busy].
struct GrpcLimits {
  std::size_t waits = 64;
  std::size_t submissions = 64;
  std::size_t large_messages = 8;
  /// For the GrpcServer: all of the above, and some for what takes no time.
  std::size_t threads() const { return waits + submissions + 32; }
};

/// The trigger's front door over gRPC (specs/grpc-api.md): it translates, and what decides is what
/// decides for HttpApi. It knows nothing of sockets, and of gRPC only numbers. Thread-safe.
class GrpcApi {
 public:
  /// The largest message: an input, and little else.
  static constexpr std::size_t max_message = HttpApi::max_body;
  static constexpr std::size_t max_small_message = HttpApi::max_small_body;

  /// `parts` must outlive it.
  explicit GrpcApi(TriggerParts& parts) : GrpcApi(parts, GrpcLimits{}) {}
  GrpcApi(TriggerParts& parts, GrpcLimits limits);
  GrpcApi(const GrpcApi&) = delete;
  GrpcApi& operator=(const GrpcApi&) = delete;
  ~GrpcApi() = default;

  /// The names of the calls, for whoever routes them.
  static constexpr std::string_view methods[] = {
      "/waybill.v1.Trigger/Start", "/waybill.v1.Trigger/Describe", "/waybill.v1.Trigger/Wait",
      "/waybill.v1.Trigger/Cancel"};

  /// Never throws: the environment failing is UNAVAILABLE, and the log says why.
  GrpcReply answer(const GrpcCall& call) noexcept;
  /// From now on no call waits: the daemon ends.
  void end_waits();

 private:
  /// How a refusal is told.
  struct Telling {
    int status = 0;      ///< of the answer over HTTP
    std::string holder;  ///< as of submit()
  };
  GrpcReply guarded(const GrpcCall& call) noexcept;
  Result<std::string> dispatch(const GrpcCall& call, Telling& telling);
  Result<std::string> start(const Shown& shown, const std::string& message, Telling& telling);
  Result<std::string> describe(const Body& caller, const std::string& message);
  Result<std::string> wait(const Body& caller, const GrpcCall& call);
  Result<std::string> cancel(const Body& caller, const std::string& message);
  GrpcReply refuse(const GrpcCall& call, const Telling& telling, const Error& error);
  GrpcReply fail(const GrpcCall& call, Errc code, const char* why);
  GrpcReply refusal(const Telling& telling, const Error& error) const;
  bool pause(std::chrono::milliseconds time);

  TriggerParts& parts_;
  WaitSlots waits_, submissions_, large_;
  std::mutex lock_;
  std::condition_variable ending_heard_;
  bool ending_ = false;
};

}  // namespace waybill::trigger
