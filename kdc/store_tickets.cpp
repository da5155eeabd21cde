// Outstanding tickets and their indexes.
#include "kdc/store_keys.h"
#include "ticket/wire/hex.h"

namespace waybill::kdc {
namespace {

constexpr std::size_t id_bytes = sizeof(TicketId);
constexpr std::size_t tail_bytes = 8 + id_bytes;  // issued at, id

// text ‖ 0 ‖ issued at ‖ id: the tickets of one principal or workflow, oldest first.
Key index_key(std::string_view text, const Body& body) {
  return Key().ended_text(text).time(body.issued_at).bytes(body.id);
}

Key end_key(const OutstandingTicket& ticket) {
  return Key().time(ticket.ends()).bytes(ticket.body.id);
}

const GuardedTable& table_of(const StoreTables& tables, TicketIndex index) {
  switch (index) {
    case TicketIndex::subject:
      return tables.by_subject;
    case TicketIndex::audience:
      return tables.by_audience;
    case TicketIndex::workflow:
      return tables.by_workflow;
  }
  return tables.by_subject;
}

// The empty cursor, or exactly so many bytes.
Result<Buffer> parse_cursor(std::string_view text, std::size_t bytes) {
  TRY(cursor, from_hex(text));
  if (!cursor.empty() && cursor.size() != bytes) return Error{Errc::malformed, "cursor"};
  return cursor;
}

}  // namespace

std::optional<OutstandingTicket> StoreView::ticket(const TicketId& id) const {
  return find<OutstandingTicket>(*this, store_.tables().tickets, id);
}

Result<std::vector<StoreView::TicketRow>> StoreView::tickets_by(TicketIndex index,
                                                                std::string_view value,
                                                                std::string_view after,
                                                                std::size_t most) const {
  TRY(cursor, parse_cursor(after, tail_bytes));
  std::vector<TicketRow> rows;
  if (most == 0 || value.size() > max_key - 1 - tail_bytes) return rows;
  const GuardedTable& table = table_of(store_.tables(), index);
  const Key prefix = Key().ended_text(value);
  const Key start = Key().ended_text(value).bytes(cursor);
  const Bytes beginning = prefix;
  visit_from(txn_, table.table, start, [&](const Cursor::Entry& entry) {
    const bool ours = entry.key.size() == beginning.size() + tail_bytes &&
                      equal(entry.key.first(beginning.size()), beginning);
    if (!ours) return false;
    if (!cursor.empty() && equal(entry.key, start)) return true;
    checked(store_, table, entry.key, entry.value);
    const Bytes tail = entry.key.last(tail_bytes);
    auto found = ticket(fixed<id_bytes>(tail.last(id_bytes)));
    if (!found) throw RecordDamaged(table.name, entry.key);
    rows.push_back({*std::move(found), to_hex(tail)});
    return rows.size() < most;
  });
  return rows;
}

Result<std::vector<StoreView::TicketRow>> StoreView::tickets(std::string_view after,
                                                             std::size_t most) const {
  TRY(cursor, parse_cursor(after, id_bytes));
  std::vector<TicketRow> rows;
  for (auto& found : list_after<OutstandingTicket>(*this, store_.tables().tickets, cursor, most)) {
    std::string next = to_hex(found.body.id);
    rows.push_back({std::move(found), std::move(next)});
  }
  return rows;
}

void StoreChange::put_ticket(const OutstandingTicket& ticket) {
  const Body& body = ticket.body;
  if (const auto old = this->ticket(body.id)) erase_ticket_rows(*old);
  const StoreTables& tables = store().tables();
  put(tables.tickets, body.id, ticket.encode());
  put(tables.by_subject, index_key(body.subject.text(), body), {});
  put(tables.by_audience, index_key(body.audience.text(), body), {});
  if (body.work) put(tables.by_workflow, index_key(body.work->id, body), {});
  put(tables.by_end, end_key(ticket), {});
}

void StoreChange::erase_ticket_rows(const OutstandingTicket& ticket) {
  const Body& body = ticket.body;
  const StoreTables& tables = store().tables();
  erase(tables.by_subject, index_key(body.subject.text(), body));
  erase(tables.by_audience, index_key(body.audience.text(), body));
  if (body.work) erase(tables.by_workflow, index_key(body.work->id, body));
  erase(tables.by_end, end_key(ticket));
  erase(tables.tickets, body.id);
}

std::size_t StoreChange::sweep_tickets(Time now, std::size_t at_most) {
  std::vector<TicketId> over;
  visit_from(txn(), store().tables().by_end.table, {}, [&](const Cursor::Entry& entry) {
    if (number_in(entry.key) >= number_in(Key().time(now))) return false;
    over.push_back(fixed<id_bytes>(entry.key.last(id_bytes)));
    return over.size() < at_most;
  });
  for (const TicketId& id : over) {
    const auto found = ticket(id);
    if (!found) throw RecordDamaged("by_end", id);
    erase_ticket_rows(*found);
  }
  return over.size();
}

bool StoreView::anything_over(Time now) const {
  const auto begins_before = [&](const GuardedTable& table) {
    Cursor cursor(txn_, table.table);
    const auto first = cursor.first();
    return first && number_in(first->key) < number_in(Key().time(now));
  };
  return begins_before(store_.tables().by_end) || begins_before(store_.tables().feed_ends) ||
         has_old_feed_rows();
}

std::size_t StoreChange::sweep(Time now, std::size_t at_most) {
  return sweep_tickets(now, at_most) + sweep_revocations(now, at_most) + sweep_feed(at_most);
}

}  // namespace waybill::kdc
