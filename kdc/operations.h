#pragma once

#include <span>
#include <string_view>

#include "kdc/caller.h"

namespace waybill::kdc {

/// The operations of POST /v1/call in one array: the reviewer of access control reads
/// kdc/operations.cpp and nothing else. What a row lets in, the operation itself decides on.

/// Who may call at all.
enum class MayCall : std::uint8_t {
  anybody,    ///< every principal
  services,   ///< principals of kind service
  operators,  ///< principals with the role operator
  owners      ///< operators, and who owns the queue in question: which that is, the operation asks
};

/// What a narrowed TGT (one with caveats) may do with it. A caveat about something that an
/// operation does not have denies, and what a narrowed TGT brings about must not outlast it.
///   not_narrowed     nothing: the operation makes something that lasts (a key, a grant, a TGT)
///   by_time          as long as its not-after lasts; any other caveat denies
///   by_work          caveats are asked about the work that the arguments name
using Narrowed = Result<CaveatRequest> (*)(Bytes arguments);

/// Whether the answers of a call's operations may be worked on side by side (tickets of one batch),
/// or each waits for those before it.
enum class Pace : std::uint8_t { beside, in_turn };

struct OperationRow {
  std::string_view name;
  MayCall who;
  Narrowed narrowed;
  Pace pace;
  Decide decide;
};

std::span<const OperationRow> operations();
/// Null when there is none of that name.
const OperationRow* find_operation(std::string_view name);

/// Errors: not_permitted.
Checked may_call(const PrincipalRecord& who, MayCall allowed);
/// Which caveat refused goes into the ask's record. Errors: caveat_expired, caveat_action, …,
/// not_permitted.
Checked caveats_allow(const OperationRow& row, Ask& ask);

}  // namespace waybill::kdc
