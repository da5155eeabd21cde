#include "ticket/exchange/staged_rows.h"

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::size_t id_bytes = 16;

}  // namespace

Buffer StagedRows::encode() const {
  Writer out;
  out.array(3).bin(batch).uint(position).array(rows.size());
  for (const Fields& row : rows) row.write(out);
  return out.take();
}

Result<StagedRows> StagedRows::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  StagedRows staged{};
  in.array(3);
  staged.batch = copy_of(in.bin(id_bytes));
  staged.position = in.uint();
  for (std::size_t n = in.array(1, limits::max_page); n > 0; --n) {
    staged.rows.push_back(Fields::read(in));
  }
  if (!staged.batch.empty() && staged.batch.size() != id_bytes) {
    in.fail(Errc::malformed, "id of a batch");
  }
  if (staged.position > max_batch) in.fail(Errc::limit_exceeded, "rows of a batch");
  CHECK_OK(in.finish());
  return staged;
}

}  // namespace waybill
