#include "kdc/audit_reading.h"

#include <algorithm>

#include "kdc/audit.h"
#include "kdc/pages.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

constexpr std::uint64_t default_tail = 20;
constexpr std::size_t hex_piece = 4000;  // below the longest value of a field

Result<Fields> exact_row(const AuditRow& stored) {
  Fields row{{"sequence", std::to_string(stored.sequence)}};
  const std::string hex = to_hex(stored.record);
  for (std::size_t at = 0; at < hex.size(); at += hex_piece) {
    row.add("record", hex.substr(at, hex_piece));
  }
  return row;
}

Result<Fields> tail_row(const AuditRow& stored) {
  TRY(record, AuditRecord::decode(stored.record));
  return readable_row(record);
}

// Rows after a number, and where to go on when the page is full or there are more.
template <class MakeRow>
Result<Page> page_of(const StoreView& view, std::uint64_t after, std::size_t most, MakeRow make) {
  const auto rows = Audit::rows(view, after, most);
  PageBuilder page;
  std::uint64_t last = after;
  for (const AuditRow& stored : rows) {
    TRY(row, make(stored));
    if (!page.add(std::move(row))) break;
    last = stored.sequence;
  }
  const bool more = last < Audit::position(view).sequence;
  return page.finish(more ? std::to_string(last) : std::string());
}

}  // namespace

std::string outcome_text(std::uint64_t outcome) {
  if (outcome == 0) return "done";
  const auto code = errc_from(outcome);
  return code ? std::string(describe(*code).name) : std::to_string(outcome);
}

Fields readable_row(const AuditRecord& record) {
  Fields row{{"sequence", std::to_string(record.sequence)},
             {"time", unix_text(record.time)},
             {"event", record.event},
             {"outcome", outcome_text(record.outcome)}};
  const Fields ours = row;
  for (const auto& [name, value] : record.fields.entries()) {
    row.add(ours.has(name) ? name + "_" : name, value);
  }
  return row;
}

Decided audit_tail(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"after", "count"}));
  TRY(count, number_in(fields, "count", fields.has("after") ? limits::max_page : default_tail));
  const auto view = parts.store.view();
  const std::uint64_t end = Audit::position(view).sequence;
  const std::uint64_t most = std::min<std::uint64_t>(count, limits::max_page);
  TRY(after, number_in(fields, "after", end - std::min(end, most)));
  TRY(page, page_of(view, after, most, tail_row));
  ask.said->answer(page);
  return nothing_to_do();
}

Decided audit_records(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"after"}));
  TRY(after, number_in(fields, "after", 0));
  TRY(page, page_of(parts.store.view(), after, limits::max_page, exact_row));
  ask.said->answer(page);
  return nothing_to_do();
}

Decided audit_checkpoint(const KdcParts& parts, Ask& ask) {
  CHECK_OK(read_fields(ask.arguments, {}));
  const auto view = parts.store.view();
  const auto newest = Audit::newest_checkpoint(view);
  if (!newest) return Error{Errc::not_found, "no checkpoint yet"};
  Fields answer{{"signer", std::to_string(number(newest->signer))},
                {"statement", to_hex(newest->statement)},
                {"signature", to_hex(newest->signature)}};
  if (const auto start = Audit::start(view); start.sequence != 0) {
    answer.add("start", std::to_string(start.sequence)).add("start_link", to_hex(start.link));
  }
  ask.said->answer(answer);
  return nothing_to_do();
}

}  // namespace waybill::kdc
