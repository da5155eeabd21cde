#include "kdc/verdicts.h"

#include <algorithm>
#include <array>

#include "kdc/pages.h"
#include "kdc/store_keys.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

constexpr std::array<std::string_view, 4> events{"verdict", "renewal", "stopped", "let_finish"};
constexpr std::size_t max_detail = 256;

/// How far one file of one queue has come, in the table verdict_logs.
struct LogEnd {
  std::uint64_t position = 0;

  Buffer encode() const { return Writer().array(1).uint(position).take(); }
  static Result<LogEnd> decode(Bytes wire) {
    Reader in(wire, 32);
    in.array(1);
    const std::uint64_t position = in.uint();
    CHECK_OK(in.finish());
    return LogEnd{position};
  }
};

using LogId = FixedBytes<16>;

struct Line {
  LogId log;
  std::uint64_t position;
  std::optional<TicketId> ticket;
};

Buffer key_of(const Principal& queue, const LogId& log) {
  Key key;
  return copy_of(key.ended_text(queue.name()).bytes(log));
}

std::uint64_t end_of(const StoreView& view, Bytes key) {
  const auto end = find<LogEnd>(view, view.store().tables().verdict_logs, key);
  return end ? end->position : 0;
}

bool is_word(std::string_view verdict) {
  return verdict == "accepted" || verdict == "renewed" ||
         std::ranges::find(all_errors(), verdict, &ErrorText::name) != all_errors().end();
}

// What the worker says goes into the record under these names; what else a line had does not.
Checked note_line(Ask& ask, const Fields& line) {
  const bool known = std::ranges::find(events, line.get("said")) != events.end();
  if (!known || !is_word(line.get("verdict"))) return Error{Errc::malformed, "verdict"};
  if (line.get("detail").size() > max_detail) return Error{Errc::limit_exceeded, "detail"};
  CHECK_OK(parse_number(line.get("time")));
  ask.fields.add("log", std::string(line.get("log")))
      .add("position", std::string(line.get("position")))
      .add("worker_time", std::string(line.get("time")));
  for (const char* name :
       {"said", "verdict", "run", "attempt", "detail", "feed_was_stale", "run_until"}) {
    if (line.has(name)) ask.fields.add(name, std::string(line.get(name)));
  }
  for (const std::string& action : line.all("action")) ask.fields.add("action", action);
  return ok();
}

Result<Line> parse_line(Ask& ask) {
  TRY(fields, read_fields(ask.arguments,
                          {"log", "position", "time", "said", "verdict", "ticket", "workflow",
                           "run", "attempt", "detail", "feed_was_stale", "run_until"},
                          {"action"}));
  TRY(log, fixed_from_hex<sizeof(LogId)>(fields.get("log")));
  TRY(position, parse_number(fields.get("position")));
  CHECK_OK(note_line(ask, fields));
  if (!fields.has("ticket")) {
    // Without a signature a workflow id is hearsay: it must not turn up among that workflow's.
    if (fields.has("workflow"))
      ask.fields.add("said_workflow", std::string(fields.get("workflow")));
    return Line{log, position, std::nullopt};
  }
  TRY(ticket, fixed_from_hex<sizeof(TicketId)>(fields.get("ticket")));
  return Line{log, position, ticket};
}

// Whose work it is, the KDC's own record of the ticket says.
Checked note_ticket(const StoreView& view, Ask& ask, const TicketId& id) {
  const auto known = view.ticket(id);
  if (!known || known->body.audience != ask.caller.principal()) {
    return Error{Errc::wrong_audience, "a verdict on a ticket of another queue"};
  }
  const Body& body = known->body;
  ask.fields.add("ticket", to_hex(id)).add("subject", body.subject.text());
  if (body.work) {
    ask.fields.add("workflow", body.work->id).add("workflow_type", body.work->type);
  }
  return ok();
}

}  // namespace

Decided verdict(const KdcParts& parts, Ask& ask) {
  const Principal& queue = ask.caller.principal();
  if (ask.caller.record.kind != PrincipalKind::queue) {
    return Error{Errc::not_permitted, "a verdict is a queue's"};
  }
  TRY(line, parse_line(ask));
  ask.fields.add("audience", queue.text());
  const auto view = parts.store.view();
  const Buffer key = key_of(queue, line.log);
  const std::uint64_t end = end_of(view, key);
  ask.said->answer(Fields{{"position", std::to_string(std::max(end, line.position))}});
  if (line.position <= end) return nothing_to_do();
  if (line.ticket) CHECK_OK(note_ticket(view, ask, *line.ticket));
  const auto effects = [key, line](StoreChange& change, Fields&) -> Checked {
    if (line.position <= end_of(change, key)) return Error{Errc::request_replayed, "verdict"};
    change.put(change.store().tables().verdict_logs, key, LogEnd{line.position}.encode());
    return ok();
  };
  return to_do(effects);
}

}  // namespace waybill::kdc
