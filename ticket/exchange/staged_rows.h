#pragma once

#include "ticket/exchange/fields.h"

namespace waybill {

/// "admin.principal.stage": some rows of a batch that is larger than a message (specs/http-api.md).
struct StagedRows {
  /// How many rows a batch may have, and so how much of it a KDC keeps in memory.
  static constexpr std::uint64_t max_batch = 100'000;

  Buffer batch;            ///< 16 random bytes; empty: the rows are judged and not kept
  std::uint64_t position;  ///< how many rows of the batch came before these
  std::vector<Fields> rows;

  /// [batch, position, [fields…]]
  Buffer encode() const;
  /// Errors: the codec's, malformed, limit_exceeded.
  static Result<StagedRows> decode(Bytes wire);
};

}  // namespace waybill
