#include "tests/fuzz/bodies.h"

namespace waybill::test::fuzz {

TestRealm& realm() {
  static TestRealm instance("DEMO.TEST", TestRealm::Keys::fixed);
  return instance;
}

Time planned_time(Plan& plan) {
  static constexpr Seconds steps[] = {1s, 60s, 300s, 3600s, 24h, 7 * 24h};
  const auto count = static_cast<int>(plan.byte()) - 128;
  return noon + count * plan.one_of(steps) / 8;
}

std::string planned_name(Plan& plan) {
  static constexpr std::string_view names[] = {"a", "b", "invoice:read", "report:write",
                                               "queue-alice"};
  return std::string(plan.one_of(names));
}

std::vector<std::string> planned_names(Plan& plan, std::size_t most) {
  std::vector<std::string> out;
  for (std::size_t n = plan.below(most + 1); n > 0; --n) out.push_back(planned_name(plan));
  return out;
}

std::vector<Downstream> planned_downstreams(Plan& plan) {
  std::vector<Downstream> out;
  for (std::size_t n = plan.below(3); n > 0; --n) {
    std::string name = plan.yes() ? "ledger" : "mailer";
    out.push_back({std::move(name), planned_names(plan, 3)});
  }
  return out;
}

Body planned_body(Plan& plan) {
  TestRealm& r = realm();
  const std::size_t kind = plan.below(4);
  const std::string subject = plan.yes() ? "carol" : "dave";
  Body body = kind == 0   ? r.tgt_body(subject)
              : kind == 1 ? r.service_body(subject, "trigger/orders")
                          : r.workflow_body(subject, "queue-alice", work_of("w", plan.text(8)));
  body.lineage.clear();
  for (std::size_t n = plan.below(4); n > 0; --n) body.lineage.push_back(plan.fixed<16>());
  body.id = plan.fixed<16>();
  if (plan.yes()) body.actors.push_back(r.principal("trigger/orders"));
  body.actions = planned_names(plan, 4);
  body.downstreams = planned_downstreams(plan);
  body.issued_at = planned_time(plan);
  body.start_by = planned_time(plan);
  body.run_until = planned_time(plan);
  body.renew_until = planned_time(plan);
  body.feed_floor = plan.number();
  body.max_staleness = Seconds(plan.byte());
  body.flags = static_cast<std::uint32_t>(plan.below(flags::all + 1));
  return body;
}

std::vector<Caveat> planned_caveats(Plan& plan, std::size_t most) {
  TestRealm& r = realm();
  std::vector<Caveat> out;
  for (std::size_t n = plan.below(most + 1); n > 0; --n) {
    switch (plan.below(10)) {
      case 0:
        out.emplace_back(caveat::Delegation{plan.fixed<16>()});
        break;
      case 1:
        out.emplace_back(caveat::Audience{r.principal(plan.yes() ? "carol" : "trigger/orders")});
        break;
      case 2:
        out.emplace_back(caveat::NotAfter{planned_time(plan)});
        break;
      case 3:
        out.emplace_back(caveat::Actions{planned_names(plan, 4)});
        break;
      case 4:
        out.emplace_back(caveat::Queue{planned_name(plan)});
        break;
      case 5:
        out.emplace_back(caveat::WorkflowType{planned_name(plan)});
        break;
      case 6:
        out.emplace_back(caveat::WorkflowId{planned_name(plan)});
        break;
      case 7:
        out.emplace_back(caveat::Input{Digest{plan.byte()}});
        break;
      case 8:
        out.emplace_back(caveat::Downstreams{planned_downstreams(plan)});
        break;
      default:
        out.emplace_back(caveat::Namespace{planned_name(plan)});
    }
  }
  return out;
}

}  // namespace waybill::test::fuzz
