#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ticket/wire/codec.h"

namespace waybill {

/// Named texts in a fixed order: arguments and rows of administration, and audit records. The
/// encoding [[name, value]…] gives stable names without maps. Duplicate names are refused, except
/// for the ones that are lists (action, actor, lineage, queue, record, role), which repeat next to
/// each other.
class Fields {
 public:
  Fields() = default;
  Fields(std::initializer_list<std::pair<std::string, std::string>> entries) : entries_(entries) {}

  Fields& add(std::string name, std::string value);
  /// The value, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

  /// Refuses a name that is not in the list: nothing is ignored. Errors: malformed.
  Checked only(std::initializer_list<std::string_view> allowed) const;

  void write(Writer& out) const;
  static Fields read(Reader& in);
  Buffer encode() const;
  static Result<Fields> decode(Bytes wire);
  friend bool operator==(const Fields&, const Fields&) = default;

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

/// Rows of a list, and whether there are more: [[fields…], next]. `next` is what to pass as the
/// field "after" to get the following page; empty at the end.
struct Page {
  std::vector<Fields> rows;
  std::string next;
  Buffer encode() const;
  static Result<Page> decode(Bytes wire);
};

}  // namespace waybill
