#pragma once

#include <span>
#include <stdexcept>
#include <string_view>

#include "ticket/wire/bytes.h"
#include "ticket/wire/error.h"

namespace waybill::test {

/// Something that handles secrets, as the programs do it: with the right ones, and with each kind
/// of wrong ones. It hides them first and throws when the outcome is not the expected one.
struct Subject {
  std::string_view name;
  /// The function that compares secrets here, as memcheck must name it when comparisons end at the
  /// first difference; empty: nothing is compared.
  std::string_view compares_in;
  void (*run)();
};

std::span<const Subject> ticket_subjects();
std::span<const Subject> exchange_subjects();
std::span<const Subject> login_subjects();
/// These do what nobody may do, and must be reported.
std::span<const Subject> controls();

inline void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}
template <class T>
void require_refused(const Result<T>& result, Errc code, const char* what) {
  require(!result && result.error().code == code, what);
}

/// A copy with one bit changed.
inline Buffer damaged(Bytes bytes, std::size_t at) {
  Buffer out = copy_of(bytes);
  out.at(at) ^= 1;
  return out;
}

}  // namespace waybill::test
