#pragma once

#include "trigger/http_api.h"

namespace waybill::trigger {

/// One request that a route admitted.
struct Ask {
  const HttpRequest& request;
  std::string name;                           ///< what stands in the path's variable place
  const Shown* shown = nullptr;               ///< null on a route for anyone
  const Body* caller = nullptr;               ///< of the caller's service ticket; null elsewhere
  std::chrono::milliseconds most_patience{};  ///< how long a poll may wait
  mutable std::string holder{};  ///< out: Engine::holder(), of a refusal [already_exists]
};

/// Functions of the parts and the request, without sockets. An error becomes an answer in
/// HttpApi::answer.
using Handler = Result<HttpReply> (*)(TriggerParts&, const Ask&);

/// Who may call.
enum class Caller : std::uint8_t {
  anyone,
  delegation,  ///< who shows a delegation to us; the KDC decides
  viewer,      ///< who shows a TGT narrowed to looking at work here; the KDC decides
  principal,   ///< who holds a service ticket for us; the handler asks whose the thing is
  queue,       ///< the same, and the credential's caveats are asked about that queue
};

/// `before` NAME `after`, or `before` alone.
struct Route {
  std::string_view method;
  std::string_view before;
  std::string_view after;
  bool has_name;
  Caller caller;
  std::size_t max_body;
  Handler handler;
  std::string_view operation;  ///< as it is counted
};

Result<HttpReply> info(TriggerParts& parts, const Ask& ask);
Result<HttpReply> healthz(TriggerParts& parts, const Ask& ask);
Result<HttpReply> readyz(TriggerParts& parts, const Ask& ask);

// workflow_handlers.cpp: for the subject of the work.

/// The caller's run; what is not there and what is another's is one answer [not_owner].
Result<Run> own_run(Engine& engine, const std::string& workflow_id, const Body& caller);
/// Cancels it. Errors: not_owner, already_ended.
Checked cancel_own_run(Engine& engine, const std::string& workflow_id, const Body& caller);
Result<HttpReply> submit_workflow(TriggerParts& parts, const Ask& ask);
Result<HttpReply> describe_workflow(TriggerParts& parts, const Ask& ask);
Result<HttpReply> workflow_result(TriggerParts& parts, const Ask& ask);
Result<HttpReply> cancel_workflow(TriggerParts& parts, const Ask& ask);

/// For whom the KDC lets look.
Result<HttpReply> open_payload(TriggerParts& parts, const Ask& ask);

// job_handlers.cpp: for the principal of the queue.
Result<HttpReply> poll_queue(TriggerParts& parts, const Ask& ask);
Result<HttpReply> heartbeat_job(TriggerParts& parts, const Ask& ask);
Result<HttpReply> complete_job(TriggerParts& parts, const Ask& ask);
Result<HttpReply> fail_job(TriggerParts& parts, const Ask& ask);
Result<HttpReply> hand_back_job(TriggerParts& parts, const Ask& ask);
Result<HttpReply> refuse_job(TriggerParts& parts, const Ask& ask);

}  // namespace waybill::trigger
