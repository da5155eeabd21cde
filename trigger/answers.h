#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ticket/adapters/http.h"
#include "trigger/engine.h"
#include "trigger/identity.h"

namespace waybill::trigger {

/// What the trigger says in JSON (specs/http-api.md, "Trigger").

HttpReply info_reply(const Identity& identity, const std::string& space);
HttpReply accepted_reply(const Run& run);  // 202
HttpReply described_reply(const Run& run);
HttpReply result_reply(const Run& run, Bytes result);
HttpReply payload_reply(const std::string& workflow_id, Bytes payload);
struct HandedOut {
  const std::vector<Job>& jobs;
  const std::string& space;
  Seconds lease;
};
HttpReply jobs_reply(const HandedOut& handed_out);
HttpReply done_reply();  // {}

/// A refusal: code, number, sentence, and the id under which the log knows it.
struct Refused {
  int status;
  Error error;
  std::string request_id;
  std::string holder{};  ///< the run that has the workflow id; may be empty
};
/// With the instance to address when that was the trouble. The note is added to the sentence of an
/// error of shape, for whoever writes the request.
HttpReply refused_reply(const Refused& refused, const InstanceId& instance);

/// Its sentence, with the note where the error is about shape.
std::string sentence_of(int status, const Error& error);

/// The status of a refusal: one table, so that several causes share one answer.
int status_of(Errc code);
/// Of a refusal of the credential: also one that has no form at all is 401.
int status_of_credential(Errc code);
/// Once the caller is known, nothing that is refused is about the credential, unless the credential
/// is what the request is about.
int status_of_admitted(Errc code, bool by_tgt);

/// RFC 3339, UTC, whole seconds.
std::string print_time(Time time);

}  // namespace waybill::trigger
