#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/exchange/audience.h"
#include "ticket/ticket.h"

/// The offline check of a job: everything that a queue's owner relies on, in one header.
///
/// A scheduler hands a worker a job. The worker asks nobody; it holds its queue's keytab, the realm
/// document, a mirror of the revocation feed and a table of the tickets that it has used before.
/// From those alone Verifier::verify() says who asked for the work, what may be done for them and
/// until when, or refuses. The scheduler is believed in nothing: what it says of the job must agree
/// with what the KDC signed and with an input that only the trigger of that ticket could seal.
namespace waybill::worker {

/// A job as a scheduler describes it.
struct Job {
  std::string space;  ///< namespace of the engine
  std::string workflow_id;
  std::string workflow_type;
  std::string run_chain;      ///< the first run's id: the same in each retry, another in a copy
  std::uint32_t attempt = 1;  ///< for the handler and the log; decides nothing
  Time started_at{};          ///< when the engine took the work, by the engine's word
  Buffer ticket;
  Buffer sealed_input;
};

/// The steps in their order, numbered as in specs/protocol.md 4. Each has its own errors, and no
/// step runs when one before it has failed.
enum class Step : std::uint8_t {
  shape = 1,   // malformed, not_canonical, limit_exceeded, bad_name
  kind,        // bad_version, wrong_kind, wrong_realm
  audience,    // wrong_audience
  kvno,        // unknown_kvno
  seal,        // bad_integrity
  decoding,    // as shape; wrong_audience when body and header differ
  session,     // session_mismatch
  proof,       // unknown_signer, bad_proof
  times,       // not_yet_valid, ticket_expired; of a renewal: bad_renewal and all of the above
  binding,     // wrong_namespace, wrong_workflow, wrong_workflow_type, bad_integrity, wrong_input
  start,       // start_too_late
  feed,        // clock_behind, feed_stale
  revocation,  // revoked
  first_use,   // ticket_reused; ticket_expired when it ended meanwhile
  actions,     // action_denied
};
struct StepText {
  Step step;
  std::string_view name;
  std::string_view passed;  ///< what is known once the step has passed, as a sentence
  bool needs_job;           ///< cannot be checked with nothing but a ticket
};
/// All of them, in order, for whoever shows a verdict step by step.
std::span<const StepText> all_steps();

/// What was revoked, as far as this host knows. Thread-safe. The real one is RevocationMirror.
class Revocations {
 public:
  /// How far the feed has come, and when the KDC signed that. Zero: nothing was heard yet.
  struct Head {
    std::uint64_t sequence = 0;
    Time time{};
    /// It is at least so late by now, whatever this host's clock says. Never less than `time`.
    Time least = time;
  };
  Revocations() = default;
  Revocations(const Revocations&) = delete;
  Revocations& operator=(const Revocations&) = delete;
  virtual ~Revocations() = default;
  virtual Head head() const = 0;
  /// Whether an entry concerns it: its id, its lineage, subject, actors, queue or workflow.
  virtual bool concerns(const Body& body) const = 0;
};

/// Which run each ticket was first used for. Thread-safe. The real one is UseTable.
class Uses {
 public:
  Uses() = default;
  Uses(const Uses&) = delete;
  Uses& operator=(const Uses&) = delete;
  virtual ~Uses() = default;
  /// The first call for a ticket pins it to that run, durably before it returns; later ones pass
  /// for the same run only. The pin must be kept until `keep_until`. Errors: ticket_reused.
  virtual Checked pin(const TicketId& ticket, std::string_view run_chain, Time keep_until) = 0;
};

/// A job that passed every step: holding one is the right to run it. Made by a Verifier alone.
///
/// The KDC may have renewed its ticket. Then times and actions are those of the newest form, which
/// is in force, and the session key stays that of the form that came with the job: it is the one
/// that the trigger holds, so it opens the input and seals the result.
class VerifiedJob {
 public:
  /// Who asked (subject), who acts for them, what may be done (actions) and until when, all as the
  /// KDC signed it; of the form in force.
  const Body& claims() const { return ticket_.body(); }
  const Work& work() const { return *ticket_.body().work; }
  /// The input that the ticket was issued for, decrypted.
  Bytes input() const { return input_; }
  const std::string& run_chain() const { return run_chain_; }
  /// The feed was too old, and the ticket says to go on all the same (flags::soft_feed).
  bool feed_was_stale() const { return feed_was_stale_; }
  /// Of the form in force: what the KDC renews the ticket by, and what proves a renewal to others.
  Evidence evidence() const { return ticket_.evidence(); }

  /// A result that opens only for the trigger of this ticket, and only as the result of this run.
  Buffer seal_result(Bytes result) const;

 private:
  friend class Verifier;
  VerifiedJob(VerifiedTicket ticket, SessionKey session, Time first_issued, SecretBuffer input,
              std::string run_chain, bool stale)
      : ticket_(std::move(ticket)),
        session_(std::move(session)),
        first_issued_(first_issued),
        input_(std::move(input)),
        run_chain_(std::move(run_chain)),
        feed_was_stale_(stale) {}
  VerifiedTicket ticket_;  // the form in force
  SessionKey session_;     // of the form that came with the job
  Time first_issued_;      // the same
  SecretBuffer input_;
  std::string run_chain_;
  bool feed_was_stale_;
};

/// What came of a check.
template <class Accepted>
struct Verdict {
  Result<Accepted> result;
  Step step = Step::shape;  ///< the last one that passed, or the one that refused
  /// For the record: known once the KDC's signature has been checked, whatever came after.
  std::optional<TicketId> ticket;
  std::optional<Principal> subject;
  /// What a person may be told besides the code: how old the feed is. Empty for most.
  std::string detail;
};

/// The check. No network, no clock. Thread-safe; what it refers to must outlive it. Throws
/// StoreError when the tables behind Revocations or Uses cannot be read or written.
class Verifier {
 public:
  Verifier(Audience& audience, const Revocations& revocations, Uses& uses)
      : audience_(audience), revocations_(revocations), uses_(uses) {}

  /// All steps. `needed` are the actions that the work is about to use; the ticket must allow each.
  /// `now` is this host's clock; what the feed shows that the time must be (Head::least) is a floor
  /// under it, and a clock that is behind that is refused: setting it back revives nothing.
  Verdict<VerifiedJob> verify(const Job& job, std::span<const std::string> needed, Time now);

  /// For a job that was refused as ticket_expired: what to ask the KDC with, if a renewal could
  /// help. Uses nothing up, and no step runs that would need the new times. Errors: ticket_expired
  /// (it can be renewed no more), and those of the steps binding, start and revocation.
  Result<Evidence> renewable(const Job& job, Time now);
  /// All steps once more, with a ticket that came as the renewal of the job's. Of the job's own
  /// ticket everything is checked but its end; the renewed one is opened and checked like any
  /// other, and must be a form of the first (check_renewal). What the two allow together is what
  /// the job may do.
  Verdict<VerifiedJob> verify_renewed(const Job& job, Bytes renewed,
                                      std::span<const std::string> needed, Time now);
  /// The same for a job that runs: on success the renewed form is in force, on a refusal nothing
  /// has changed. Errors: those of the steps shape to times, bad_renewal, action_denied.
  Checked extend(VerifiedJob& job, Bytes renewed, std::span<const std::string> needed, Time now);
  /// Whether the feed, as far as it is known here, revokes what the job stands on.
  bool is_revoked(const VerifiedJob& job) const;

  /// The steps that need nothing but the ticket (all but binding, start, first_use and actions):
  /// for showing its owner what a worker would say of it. Uses nothing up.
  Verdict<VerifiedTicket> check_ticket(Bytes ticket, Time now);

 private:
  struct Progress;
  struct Original;
  struct Authority;
  /// What a job stands on, and the moment at which it is judged.
  struct Setting {
    const Job& job;
    std::span<const std::string> needed;
    Revocations::Head head;
    Time now;
    Time floored() const { return std::max(now, head.least); }
  };
  Setting setting(const Job& job, std::span<const std::string> needed, Time now) const;

  Result<VerifiedTicket> accept(Bytes ticket, Time now, Progress& progress);
  Result<Original> prove(Bytes ticket, Time now) const;
  Result<Authority> accept_both(Bytes ticket, Bytes renewed, Time now, Progress& progress);
  bool is_revoked(const Body& body, Time first_issued) const;
  Result<bool> check_revocation(const Body& body, Time first_issued, const Revocations::Head& head,
                                Time now, Progress& progress) const;
  Result<VerifiedJob> run_steps(const Setting& setting, Authority authority, Progress& progress);

  Audience& audience_;
  const Revocations& revocations_;
  Uses& uses_;
};

}  // namespace waybill::worker
