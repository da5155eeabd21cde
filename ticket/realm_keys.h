#pragma once

#include <algorithm>
#include <vector>

#include "ticket/keys.h"
#include "ticket/wire/codec.h"

/// A realm's keys of one kind, RealmDocument::Epoch or Signer, as the realm document lists them and
/// the request for its signature: [[id, key, from, until]…] (specs/protocol.md 2).
namespace waybill::detail {

inline constexpr std::size_t max_keys = 64;

template <class Entry>
void write_keys(Writer& out, const std::vector<Entry>& entries) {
  out.array(entries.size());
  for (const Entry& e : entries) {
    out.array(4).uint(number(e.id)).bin(e.key.bytes).time(e.from).time(e.until);
  }
}

template <class Entry>
std::vector<Entry> read_keys(Reader& in) {
  std::vector<Entry> entries;
  for (std::size_t n = in.array(0, max_keys); n > 0; --n) {
    in.array(4);
    const KeyId id{in.uint32()};
    const auto key = in.bin<32>();
    const Time from = in.time();
    const Time until = in.time();
    // A key is found by its id, so two of one id would be found by some and not by others.
    if (std::ranges::find(entries, id, &Entry::id) != entries.end()) {
      in.fail(Errc::malformed, "one id twice");
    }
    entries.push_back({id, {key}, from, until});
  }
  return entries;
}

}  // namespace waybill::detail
