#include "kdc/call.h"

#include "kdc/doorkeeper.h"
#include "kdc/operations.h"
#include "kdc/reasons.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/metrics.h"
#include "ticket/adapters/request_id.h"
#include "ticket/call.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// --- One operation --------------------------------------------------------------------------

/// An operation that was handed in, or answered from reading alone.
struct Running {
  std::shared_ptr<Said> said;
  std::optional<Issuer::Pending> pending;
  std::string_view name;  ///< as it is counted: no word of the caller's
  std::function<void()> afterwards{};
  Stopwatch watch{};
};

// A front door says which request of somebody's it calls for; the line is for who looks that up.
void tell(const Running& running, const Answer& answer) {
  using Outcome = Metrics::Outcome;
  metrics().count(running.name, answer.refusal ? Outcome::refused : Outcome::done,
                  running.watch.read());
  if (answer.refusal) metrics().count_refusal(running.name, *answer.refusal);
  if (current_request_id().empty()) return;
  log_info("operation", {{"operation", running.name},
                         {"outcome", answer.refusal ? describe(*answer.refusal).name : "done"}});
}

Answer answer_of(Running& running) {
  if (!running.pending) return {std::nullopt, {}, std::move(running.said->value)};
  auto outcome = running.pending->wait();
  if (!outcome) return {outcome.error().code, running.said->detail, {}};
  if (running.afterwards) running.afterwards();
  if (outcome->ticket) return {std::nullopt, {}, outcome->ticket->encode()};
  return {std::nullopt, {}, std::move(running.said->value)};
}

Decided decide(const KdcParts& parts, const OperationRow* row, Ask& ask) {
  if (row == nullptr) return Error{Errc::unknown_operation, "operation"};
  CHECK_OK(may_call(ask.caller.record, row->who));
  CHECK_OK(caveats_allow(*row, ask));
  return row->decide(parts, ask);
}

// The caller, looked at once more on the writer's thread: nothing is done for somebody who was
// disabled or revoked by a deed that came before this one.
Issuer::Effects for_a_caller_in_good_standing(const Body& tgt, MayCall who,
                                              Issuer::Effects effects) {
  return [tgt, who, effects = std::move(effects)](StoreChange& change, Fields& fields) -> Checked {
    TRY(record, holder_of(change, tgt));
    CHECK_OK(may_call(record, who));
    if (!effects) return ok();
    return effects(change, fields);
  };
}

Running start(const KdcParts& parts, const Caller& caller, const Operation& operation, Time now) {
  const OperationRow* row = find_operation(operation.name);
  const std::string_view name = row == nullptr ? "unknown" : row->name;
  Ask ask{caller, operation.arguments, now, {{"by", caller.principal().text()}}};
  ask.fields.add("tgt", to_hex(caller.tgt.body().id));
  auto decided = decide(parts, row, ask);
  if (decided && !*decided) return {ask.said, std::nullopt, name};
  Issuer::Deed deed{{operation.name, std::nullopt, std::move(ask.fields)}, {}, std::nullopt};
  std::function<void()> afterwards;
  if (!decided) {
    // A deed that is refused leaves its audit record and nothing else.
    deed.effects = [error = decided.error()](StoreChange&, Fields&) -> Checked { return error; };
  } else {
    ToDo& to_do = **decided;
    deed.effects =
        for_a_caller_in_good_standing(caller.tgt.body(), row->who, std::move(to_do.effects));
    deed.ticket = std::move(to_do.ticket);
    afterwards = std::move(to_do.afterwards);
  }
  return {ask.said, parts.issuer.submit(std::move(deed)), name, std::move(afterwards)};
}

// --- All of a call --------------------------------------------------------------------------

/// Answers in the order of the operations, while those that may be are worked on side by side.
class Answers {
 public:
  void add(Running running) { running_.push_back(std::move(running)); }

  void wait() {
    for (Running& running : running_) {
      Answer answer = answer_of(running);
      tell(running, answer);
      take(std::move(answer));
    }
    running_.clear();
  }
  std::vector<Answer> finish() {
    wait();
    return std::move(answers_);
  }

 private:
  // A client that asks for many long lists at once gets the first ones.
  void take(Answer answer) {
    constexpr std::size_t most = limits::max_reply - limits::max_message;
    if (bytes_ + answer.value.size() > most) answer = {Errc::too_large, {}, {}};
    bytes_ += answer.value.size();
    answers_.push_back(std::move(answer));
  }

  std::vector<Running> running_;
  std::vector<Answer> answers_;
  std::size_t bytes_ = 0;
};

std::vector<Answer> perform(const KdcParts& parts, const Caller& caller,
                            const std::vector<Operation>& operations, Time now) {
  Answers answers;
  for (const Operation& operation : operations) {
    const OperationRow* row = find_operation(operation.name);
    if (row == nullptr || row->pace == Pace::in_turn) answers.wait();
    answers.add(start(parts, caller, operation, now));
  }
  return answers.finish();
}

// --- Who calls ------------------------------------------------------------------------------

Checked check_presentation(const KdcParts& parts, const ReceivedCall& call, const Body& tgt,
                           const Digest& request, Time now) {
  const Authenticator& authenticator = call.presentation.authenticator();
  CHECK_OK(check_authenticator(authenticator, {parts.krbtgt, parts.instance, now, request}));
  return parts.replays.first_use(tgt.subject, tgt.id, authenticator.nonce, now);
}

std::string how_far_off(Time theirs, Time ours) {
  const auto seconds = (theirs - ours).count();
  return "your clock is " + std::to_string(std::abs(seconds)) +
         (seconds > 0 ? " seconds ahead of" : " seconds behind") + " the KDC's";
}

Answer whole_refusal(const KdcParts& parts, const ReceivedCall& call, Errc code, Time now) {
  Answer answer{code, {}, {}};
  if (code == Errc::wrong_instance) {
    answer.value = secret_copy(Writer().bin(parts.instance).take());
  }
  if (code == Errc::clock_skew) {
    answer.detail = how_far_off(call.presentation.authenticator().time, now);
  }
  return answer;
}

/// The TGT has opened: from here on what is refused is audited.
class OpenedCall {
 public:
  OpenedCall(const KdcParts& parts, const ReceivedCall& call, Time now)
      : parts_(parts), call_(call), now_(now) {}

  Result<Buffer> answer(OpenedTicket opened) {
    fields_ = {{"subject", opened.body().subject.text()}, {"tgt", to_hex(opened.body().id)}};
    auto tgt = std::move(opened).verify_tgt(now_);
    if (!tgt) return in_clear(tgt.error());
    auto box = call_.open(tgt->session());
    if (!box) return in_clear(box.error());
    return seal_reply(box->reply_key, answers(*tgt, *box));
  }

 private:
  std::vector<Answer> answers(const VerifiedTicket& tgt, const ReceivedCall::Opened& box) {
    const auto presented = check_presentation(parts_, call_, tgt.body(), box.request, now_);
    if (!presented) return sealed(presented.error());
    const auto holder = holder_of(parts_.store.view(), tgt.body());
    if (!holder) {
      note_revocation(fields_, parts_.store.view(), tgt.body());
      return sealed(holder.error());
    }
    const Caller caller{tgt, *holder, call_.presentation.caveats()};
    return perform(parts_, caller, box.operations, now_);
  }

  void audit(const Error& error) { audit_stranger(parts_, {"call", error.code, fields_}); }
  Error in_clear(const Error& error) {
    audit(error);
    return error;
  }
  std::vector<Answer> sealed(const Error& error) {
    audit(error);
    metrics().count_refusal("call", error.code);
    std::vector<Answer> one;
    one.push_back(whole_refusal(parts_, call_, error.code, now_));
    return one;
  }

  const KdcParts& parts_;
  const ReceivedCall& call_;
  const Time now_;
  Fields fields_;
};

}  // namespace

Result<Buffer> call(const KdcParts& parts, Bytes body) {
  TRY(received, ReceivedCall::parse(body));
  TRY(ticket, SealedTicket::parse(received.presentation.ticket()));
  TRY(opened, parts.epochs.open_tgt(ticket));
  return OpenedCall(parts, received, parts.clock.now()).answer(std::move(opened));
}

}  // namespace waybill::kdc
