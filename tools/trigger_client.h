#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "ticket/adapters/http.h"
#include "ticket/exchange/messages.h"
#include "tools/session.h"

namespace waybill::tools {

/// A payload as it was found wherever the work went, and what it says of itself.
struct SealedAs {
  PayloadKind kind;
  std::string workflow_id;
  Buffer bytes;
};

/// A trigger's front door (specs/http-api.md), as its user sees it. Throws HttpError.
class TriggerClient {
 public:
  /// How a person says which trigger: by address, by principal, or by the queue to be served.
  struct Wanted {
    std::optional<std::string> url;  ///< --trigger; else $WAYBILL_TRIGGER, else the KDC is asked
    std::optional<std::string> service;  ///< --service: the principal that must answer there
    std::optional<std::string> queue;
  };
  /// Asks the trigger who it is. Stops with usage when several triggers would do, with refused when
  /// none is known to the KDC or when another principal answers than the one expected.
  static Outcome<std::unique_ptr<TriggerClient>> reach(Session& session, const Wanted& wanted);

  const Principal& service() const { return service_; }
  /// The namespace that it says it works in; nothing when it says none.
  const std::optional<std::string>& space() const { return space_; }
  const std::string& url() const { return http_->base_url(); }

  /// A request presented with a ticket for this trigger. Another instance and a ticket that it
  /// does not take are mended once; a GET is asked again when the connection breaks. The trigger's
  /// refusals stop with its sentence.
  Outcome<nlohmann::json> ask(const std::string& method, const std::string& path,
                              const std::string& body = {});
  /// The header for one such request, made elsewhere (curl).
  Outcome<std::string> present_for(const std::string& method, const std::string& path,
                                   const std::string& body, Session::From from);
  /// POST /v1/workflows with a delegation. Sent again when the connection breaks: the same
  /// presentation is the same workflow.
  Outcome<nlohmann::json> start(const std::string& presentation, const nlohmann::json& body);
  /// POST /v1/payloads/open: the payload in clear, for whom may see it; it must lie in that
  /// namespace, where one is named. Stops with refused when it is not to be seen, or does not open;
  /// with no_credentials when the TGT is not taken.
  Outcome<Buffer> open_payload(const SealedAs& sealed, const std::optional<std::string>& space);

 private:
  TriggerClient(Session& session, std::unique_ptr<HttpClient> http, Principal service,
                InstanceId instance, std::optional<std::string> space)
      : session_(session),
        http_(std::move(http)),
        service_(std::move(service)),
        instance_(instance),
        space_(std::move(space)) {}
  struct Request {
    std::string method, path, body, header{};
  };
  struct Answered {
    int status;
    std::string body;
    bool is_good() const { return status >= 200 && status < 300; }
  };
  /// Makes the header for a request at this instance.
  using Present = std::function<Outcome<std::string>()>;
  Outcome<Answered> exchange(Request request, const Present& present);
  std::optional<HttpReply> send(const Request& request, bool may_repeat, int tries);

  Session& session_;
  std::unique_ptr<HttpClient> http_;
  Principal service_;
  InstanceId instance_;
  std::optional<std::string> space_;
};

/// Input, result, and everything else in base64 of an answer; stops when it is none.
Outcome<Buffer> bytes_in(const nlohmann::json& answer, const char* name);
/// A text of an answer, or empty.
std::string text_in(const nlohmann::json& answer, const char* name);

/// `--trigger` and `--service`.
void add_trigger_options(CommandLine& line, TriggerClient::Wanted& wanted);

/// The value of the header: `Waybill …`.
std::string authorization(Bytes presentation);

}  // namespace waybill::tools
