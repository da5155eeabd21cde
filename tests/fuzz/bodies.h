#pragma once

#include "tests/fuzz/plan.h"
#include "tests/support/test_realm.h"
#include "ticket/presentation.h"

namespace waybill::test::fuzz {

/// The realm of the targets: its keys are the same in every run.
TestRealm& realm();

/// Around noon: mostly by seconds and minutes, sometimes by weeks.
Time planned_time(Plan& plan);
/// Names that a body, a caveat or a request may hold; few, so that they often meet.
std::string planned_name(Plan& plan);
std::vector<std::string> planned_names(Plan& plan, std::size_t most);
std::vector<Downstream> planned_downstreams(Plan& plan);
/// A TGT, a service ticket or a workflow's, with something in every list.
Body planned_body(Plan& plan);
std::vector<Caveat> planned_caveats(Plan& plan, std::size_t most);

}  // namespace waybill::test::fuzz
