#include "kdc/audit_search.h"

#include <algorithm>
#include <array>
#include <deque>

#include "kdc/audit.h"
#include "kdc/audit_index.h"
#include "kdc/audit_reading.h"
#include "kdc/pages.h"
#include "kdc/policy.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// One call looks at so many places of the index, or so many records, and answers with what it has:
// some tens of milliseconds.
constexpr std::size_t most_steps = 20'000;

constexpr std::array<std::string_view, 6> people{"by",    "subject", "principal",
                                                 "actor", "viewer",  "name"};

bool has_principal(const AuditRecord& record, std::string_view field, const Principal& who) {
  return std::ranges::any_of(record.fields.entries(), [&](const auto& entry) {
    return entry.first == field && names(entry.second, who);
  });
}

bool concerns(const AuditRecord& record, const Principal& who) {
  const bool named = std::ranges::any_of(
      people, [&](std::string_view field) { return has_principal(record, field, who); });
  return named || (record.event == "revoke" && names(record.fields.get("value"), who));
}

struct Question {
  std::vector<AuditKey> keys;
  std::optional<Principal> principal, by, subject;
  bool only_done = false;
  std::optional<Time> from, to;
  std::uint64_t after = UINT64_MAX;  // older than this record
  std::size_t count = limits::max_page;

  /// What the keys do not say.
  bool takes(const AuditRecord& record) const {
    return (!only_done || record.outcome == 0) && (!from || record.time >= *from) &&
           (!to || record.time <= *to) && (!by || has_principal(record, "by", *by)) &&
           (!subject || has_principal(record, "subject", *subject)) &&
           (!principal || concerns(record, *principal));
  }
};

Result<std::optional<Time>> time_in(const Fields& fields, std::string_view name) {
  if (!fields.has(name)) return std::optional<Time>();
  TRY(seconds, parse_number(fields.get(name)));
  if (seconds > limits::last_second) return Error{Errc::malformed, "time"};
  return std::optional(Time(Seconds(static_cast<std::int64_t>(seconds))));
}

Checked read_people(const Fields& fields, const Realm& realm, Question& question) {
  const auto read = [&](std::string_view name, std::optional<Principal>& into) -> Checked {
    if (!fields.has(name)) return ok();
    TRY(principal, Principal::parse(fields.get(name), realm));
    question.keys.push_back({AuditTerm::who, principal.name()});
    into = std::move(principal);
    return ok();
  };
  CHECK_OK(read("principal", question.principal));
  CHECK_OK(read("by", question.by));
  return read("subject", question.subject);
}

Checked read_outcome(const Ask& ask, const Fields& fields, Question& question) {
  const std::string_view outcome = fields.get("outcome");
  if (outcome.empty()) return ok();
  question.only_done = outcome == "done";
  if (question.only_done) return ok();
  const bool known =
      std::ranges::find(all_errors(), outcome, &ErrorText::name) != all_errors().end();
  if (outcome != "refused" && !known) {
    return ask.refuse(Errc::malformed,
                      "outcome is done, refused, or a code such as WB-TICKET-REVOKED");
  }
  question.keys.push_back({AuditTerm::refusal, outcome == "refused" ? "" : std::string(outcome)});
  return ok();
}

Result<Question> parse_question(const Ask& ask) {
  TRY(fields,
      read_fields(ask.arguments, {"principal", "by", "subject", "queue", "workflow", "ticket",
                                  "event", "outcome", "from", "to", "after", "count"}));
  Question question;
  const Realm& realm = ask.caller.principal().realm();
  CHECK_OK(read_people(fields, realm, question));
  if (fields.has("queue")) {
    TRY(queue, Principal::parse(fields.get("queue"), realm));
    question.keys.push_back({AuditTerm::audience, queue.name()});
  }
  const auto add = [&](std::string_view name, AuditTerm term) {
    if (fields.has(name)) question.keys.push_back({term, std::string(fields.get(name))});
  };
  add("workflow", AuditTerm::workflow);
  add("ticket", AuditTerm::ticket);
  add("event", AuditTerm::event);
  CHECK_OK(read_outcome(ask, fields, question));
  TRY(from, time_in(fields, "from"));
  TRY(to, time_in(fields, "to"));
  TRY(after, number_in(fields, "after", UINT64_MAX));
  TRY(count, number_in(fields, "count", limits::max_page));
  if (count == 0) return Error{Errc::malformed, "count"};
  question.from = from;
  question.to = to;
  question.after = after;
  question.count = std::min<std::uint64_t>(count, limits::max_page);
  return question;
}

/// Goes down the chain by what all keys have in common: each list is asked for its newest number
/// that is not after where the others stand.
class Descent {
 public:
  Descent(const StoreView& view, const Question& question) {
    for (const AuditKey& key : question.keys) lists_.emplace_back(view, key);
    if (question.from || question.to) {
      times_.emplace(view, question.from.value_or(Time{}), question.to.value_or(Time::max()));
    }
  }

  std::optional<std::uint64_t> at_or_before(std::uint64_t sequence, std::size_t& steps) {
    for (std::uint64_t start = 0; start != sequence && steps < most_steps;) {
      start = sequence;
      ++steps;
      for (Postings& list : lists_) {
        const auto found = list.at_or_before(sequence);
        if (!found) return std::nullopt;
        sequence = *found;
      }
      if (times_) {
        const auto found = times_->at_or_before(sequence);
        if (!found) return std::nullopt;
        sequence = *found;
      }
    }
    return sequence;
  }

 private:
  std::deque<Postings> lists_;
  std::optional<AuditTimes> times_;
};

std::optional<AuditRecord> record_at(const StoreView& view, std::uint64_t sequence) {
  const auto row = Audit::row(view, sequence);
  if (!row) return std::nullopt;
  auto record = AuditRecord::decode(row->record);
  if (!record) return std::nullopt;
  return *std::move(record);
}

Page search(const StoreView& view, const AuditViewer& viewer, const Question& question) {
  Descent descent(view, question);
  PageBuilder page;
  std::size_t rows = 0;
  std::size_t steps = 0;
  const std::uint64_t end = Audit::position(view).sequence;
  std::uint64_t next = std::min(question.after - std::min<std::uint64_t>(question.after, 1), end);
  while (next > 0 && rows < question.count && steps < most_steps) {
    const auto found = descent.at_or_before(next, steps);
    if (!found) return page.finish();
    next = *found;
    if (steps == most_steps) break;
    const auto record = record_at(view, next);
    if (!record) return page.finish();
    if (question.takes(*record) && viewer.may_see(*record)) {
      if (!page.add(viewer.row(*record))) break;
      ++rows;
    }
    --next;
  }
  return page.finish(next == 0 ? std::string() : std::to_string(next + 1));
}

}  // namespace

bool names(std::string_view text, const Principal& principal) {
  return text == principal.name() || text == principal.text();
}

AuditViewer::AuditViewer(const StoreView& view, const Caller& caller)
    : principal_(caller.principal()), is_operator_(caller.is_operator()) {
  if (is_operator_) return;
  for (std::string& queue : view.queues_of(principal_)) {
    if (owns_queue(view, principal_, queue)) queues_.push_back(std::move(queue));
  }
  if (caller.record.kind == PrincipalKind::queue) queues_.push_back(principal_.name());
}

bool AuditViewer::owns(std::string_view queue) const {
  return std::ranges::find(queues_, queue) != queues_.end();
}

bool AuditViewer::may_see(const AuditRecord& record) const {
  return is_operator_ || concerns(record, principal_) ||
         owns(bare_name(record.fields.get("audience")));
}

Fields AuditViewer::row(const AuditRecord& record) const {
  Fields row = readable_row(record);
  if (is_operator_ || names(record.fields.get("by"), principal_)) return row;
  Fields out;
  for (const auto& [name, value] : row.entries()) {
    if (name != "tgt" && name != "viewer_tgt") out.add(name, value);
  }
  return out;
}

Decided audit_search(const KdcParts& parts, Ask& ask) {
  TRY(question, parse_question(ask));
  const auto view = parts.store.view();
  const AuditViewer viewer(view, ask.caller);
  const bool of_own_queue = std::ranges::any_of(question.keys, [&](const AuditKey& key) {
    return key.term == AuditTerm::audience && viewer.owns(key.value);
  });
  if (!viewer.sees_all() && !of_own_queue) {
    question.keys.push_back({AuditTerm::who, viewer.principal().name()});
  }
  ask.said->answer(search(view, viewer, question));
  return nothing_to_do();
}

}  // namespace waybill::kdc
