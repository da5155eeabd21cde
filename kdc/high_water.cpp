#include "kdc/high_water.h"

#include "ticket/adapters/files.h"

namespace waybill::kdc {
namespace {

constexpr std::string_view purpose = "high-water";

Buffer encode(const Audit::Position& position) {
  return Writer().array(2).uint(position.sequence).bin(position.link).take();
}

std::optional<Audit::Position> decode(Bytes value) {
  Reader in(value, 64);
  in.array(2);
  const std::uint64_t sequence = in.uint();
  const Digest link = in.bin<32>();
  if (!in.finish()) return std::nullopt;
  return Audit::Position{sequence, link};
}

}  // namespace

std::optional<Audit::Position> HighWater::mark() const {
  if (!std::filesystem::exists(file_)) return std::nullopt;
  const Buffer stored = read_file(file_, 256);
  const auto value = store_.guard().check(purpose, {}, stored);
  return value ? decode(*value) : std::nullopt;
}

std::uint64_t HighWater::reached() const { return mark().value_or(Audit::Position{}).sequence; }

std::optional<std::string> HighWater::fault(const StoreView& view) const {
  const std::string file = "the file " + file_.string();
  if (!std::filesystem::exists(file_)) return file + " is missing";
  const auto mark = this->mark();
  if (!mark) return file + " was not written by this KDC";

  const Audit::Position at = Audit::position(view);
  if (at.sequence < mark->sequence) {
    return "the store ends with audit record " + std::to_string(at.sequence) +
           ", and this KDC has written record " + std::to_string(mark->sequence) +
           " already: it was put back from an older backup";
  }
  if (mark->sequence == 0) return std::nullopt;
  const auto row = Audit::rows(view, mark->sequence - 1, 1);
  if (row.empty() || row.front().link != mark->link) {
    return "audit record " + std::to_string(mark->sequence) +
           " of the store is not the one that this KDC wrote";
  }
  return std::nullopt;
}

void HighWater::raise(const StoreView& view) {
  const Audit::Position at = Audit::position(view);
  if (at.sequence == written_) return;
  write_file_atomic(file_, store_.guard().protect(purpose, {}, encode(at)), 0600);
  written_ = at.sequence;
}

void HighWater::protect_anew(const std::filesystem::path& file, const RecordGuard& from,
                             const RecordGuard& to) {
  const Buffer stored = read_file(file, 256);
  const auto value = from.check(purpose, {}, stored);
  if (value) write_file_atomic(file, to.protect(purpose, {}, *value), 0600);
}

}  // namespace waybill::kdc
