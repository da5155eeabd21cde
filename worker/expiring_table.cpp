#include "worker/expiring_table.h"

#include <cerrno>
#include <vector>

#include "ticket/wire/codec.h"
#include "ticket/wire/limits.h"

namespace waybill::worker {
namespace {

constexpr std::size_t time_bytes = 8;  // big endian: sorts as a number

Buffer end_key(Time until, Bytes key) {
  const auto seconds = static_cast<std::uint64_t>(until.time_since_epoch().count());
  Buffer out;
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(seconds >> shift));
  }
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

}  // namespace

ExpiringTable::ExpiringTable(Env& env, const RecordGuard& guard, std::string_view name)
    : guard_(guard),
      name_(name),
      rows_(env.open_table(name_)),
      by_end_(env.open_table(name_ + "_by_end")) {}

std::optional<ExpiringTable::Row> ExpiringTable::get(const Txn& txn, Bytes key) const {
  const auto stored = txn.get(rows_, key);
  if (!stored) return std::nullopt;
  const auto value = guard_.check(name_, key, *stored);
  if (!value) throw StoreError("trust a record of " + name_ + ", which was changed", EBADMSG);
  Reader in(*value, limits::max_message);
  in.array(2);
  const Time until = in.time();
  Row row{until, copy_of(in.bin(limits::max_message))};
  if (!in.finish()) throw StoreError("read a record of " + name_, EBADMSG);
  return row;
}

void ExpiringTable::put(WriteTxn& txn, Bytes key, const Row& row) const {
  if (const auto old = get(txn, key)) txn.erase(by_end_, end_key(old->until, key));
  const Buffer value = Writer().array(2).time(row.until).bin(row.value).take();
  txn.put(rows_, key, guard_.protect(name_, key, value));
  txn.put(by_end_, end_key(row.until, key), {});
}

// The second table says where to look; the record, which has a MAC, says whether it is over.
std::size_t ExpiringTable::sweep(WriteTxn& txn, Time now, std::size_t at_most) const {
  std::vector<Buffer> over;
  const Buffer end = end_key(now + Seconds{1}, {});
  visit_from(txn, by_end_, {}, [&](const Cursor::Entry& entry) {
    if (over.size() == at_most || !(copy_of(entry.key) < end)) return false;
    over.push_back(copy_of(entry.key));
    return true;
  });
  std::size_t erased = 0;
  for (const Buffer& entry : over) {
    const Bytes key = Bytes(entry).subspan(time_bytes);
    const auto row = get(txn, key);
    txn.erase(by_end_, entry);
    if (row && row->until <= now && txn.erase(rows_, key)) ++erased;
  }
  return erased;
}

}  // namespace waybill::worker
