#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ticket/exchange/fields.h"
#include "ticket/wire/clock.h"
#include "tools/ui.h"

/// Records of the audit trail as a person reads them. `row` is what the KDC's "audit.search" and
/// "audit.work" answer: sequence, time, event, outcome, then the record's own fields. Texts are
/// safe for a terminal.
namespace waybill::tools {

/// One record in one sentence, without its time: who did what, by which rule, and why not.
std::string tell(const Fields& row);

/// The same with what decided: which grant came nearest and what it lacked, which caveat refused,
/// which revocation stands.
std::string explain(const Fields& row);

/// What became of a ticket, by all records about it: `completed`, `revoked by record 12`, `in force
/// until …`, `over since …`.
std::string fate_of(const std::vector<Fields>& rows, Time now);

/// The sentence of a refusal's name; empty when it is not known here.
std::string_view sentence_of(std::string_view code);

/// `name@REALM` without its realm.
std::string bare(std::string_view principal);

/// Text in lines of at most 80 columns; the first begins with `first`, the others below its end.
void print_wrapped(Ui& ui, const std::string& first, const std::string& text);

/// One line for what every record has, the record's own fields below it.
void print_found(Ui& ui, const Fields& row);

}  // namespace waybill::tools
