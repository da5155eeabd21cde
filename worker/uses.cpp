#include "worker/uses.h"

namespace waybill::worker {
namespace {

Checked check_same(const ExpiringTable::Row& pinned, std::string_view run_chain) {
  if (!equal(pinned.value, bytes_of(run_chain))) return Error{Errc::ticket_reused, "another run"};
  return ok();
}

}  // namespace

UseTable::UseTable(Store& store) : store_(store), table_(store.env(), store.guard(), "uses") {}

Checked UseTable::pin(const TicketId& ticket, std::string_view run_chain, Time keep_until) {
  {
    const ReadTxn txn(store_.env());
    if (const auto pinned = table_.get(txn, ticket)) return check_same(*pinned, run_chain);
  }
  Checked outcome = ok();
  store_.writer().run([&](WriteTxn& txn) {  // alone, in this process and in all others
    if (const auto pinned = table_.get(txn, ticket)) {
      outcome = check_same(*pinned, run_chain);
    } else {
      table_.put(txn, ticket, {keep_until, copy_of(bytes_of(run_chain))});
    }
  });
  return outcome;
}

std::size_t UseTable::sweep(Time signed_time, std::size_t at_most) {
  std::size_t swept = 0;
  store_.writer().run([&](WriteTxn& txn) { swept = table_.sweep(txn, signed_time, at_most); });
  return swept;
}

std::uint64_t UseTable::count() const {
  const ReadTxn txn(store_.env());
  return table_.count(txn);
}

}  // namespace waybill::worker
