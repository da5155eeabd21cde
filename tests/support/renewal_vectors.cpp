// Two bodies, and whether the second one is a form of the first.

#include "tests/support/test_realm.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/exchange/renewal.h"

namespace waybill::test {
namespace {

struct Row {
  const char* name;
  Outcome expect;
  void (*change)(Body&);
};

const Row rows[] = {
    {"new times", accepted, [](Body&) {}},
    {"less of everything", accepted,
     [](Body& b) {
       b.actions.pop_back();
       b.downstreams.clear();
       b.flags = 0;
       b.max_staleness -= 1s;
       b.feed_floor += 1;
       b.renew_until -= 1h;
     }},
    {"no action", accepted, [](Body& b) { b.actions.clear(); }},
    {"up to the last time", accepted, [](Body& b) { b.run_until = b.renew_until; }},
    {"a second longer", Errc::bad_renewal, [](Body& b) { b.run_until = b.renew_until + 1s; }},
    {"renewable for longer", Errc::bad_renewal, [](Body& b) { b.renew_until += 1s; }},
    {"of an earlier second", Errc::bad_renewal, [](Body& b) { b.issued_at = noon - 1s; }},
    {"another time to start", Errc::bad_renewal, [](Body& b) { b.start_by += 1s; }},
    {"another id", Errc::bad_renewal, [](Body& b) { b.id[0] ^= 1; }},
    {"another ancestor", Errc::bad_renewal, [](Body& b) { b.lineage.at(0)[15] ^= 1; }},
    {"no ancestor", Errc::bad_renewal, [](Body& b) { b.lineage.clear(); }},
    {"another subject", Errc::bad_renewal,
     [](Body& b) { b.subject = principal_of("dave@DEMO.TEST"); }},
    {"an actor more", Errc::bad_renewal,
     [](Body& b) { b.actors.push_back(principal_of("dave@DEMO.TEST")); }},
    {"another queue", Errc::bad_renewal,
     [](Body& b) { b.audience = principal_of("queue-bob@DEMO.TEST"); }},
    {"another namespace", Errc::bad_renewal, [](Body& b) { b.work->space = "other"; }},
    {"another workflow", Errc::bad_renewal, [](Body& b) { b.work->id += "0"; }},
    {"another type", Errc::bad_renewal, [](Body& b) { b.work->type = "payroll"; }},
    {"another input", Errc::bad_renewal, [](Body& b) { b.work->input[0] ^= 1; }},
    {"no work", Errc::bad_renewal, [](Body& b) { b.work.reset(); }},
    {"an action more", Errc::bad_renewal, [](Body& b) { b.actions.emplace_back("pay"); }},
    {"a downstream more", Errc::bad_renewal,
     [](Body& b) {
       b.downstreams.push_back({"archive", {"put"}});
     }},
    {"an action more at a downstream", Errc::bad_renewal,
     [](Body& b) { b.downstreams.at(0).actions.emplace_back("transfer"); }},
    {"a flag more", Errc::bad_renewal, [](Body& b) { b.flags |= flags::soft_feed; }},
    {"a staler feed", Errc::bad_renewal, [](Body& b) { b.max_staleness += 1s; }},
    {"an older feed", Errc::bad_renewal, [](Body& b) { b.feed_floor -= 1; }},
};

}  // namespace

std::string make_renewal_vectors() {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  Body before = realm.workflow_body("carol", "queue-alice", work_of("invoice-report", "the input"));
  before.downstreams = {{"bank", {"balance"}}};
  before.feed_floor = 7;
  VectorText out("Forms of a ticket: the body of the first, and of what is shown as its renewal.");
  for (const Row& row : rows) {
    Body after = before;
    after.issued_at = noon + 2h;
    after.run_until = noon + 3h;
    after.session = Digest{1};
    after.audit_head = Digest{2};
    row.change(after);
    out.begin(row.name).add("before", before.encode()).add("after", after.encode());
    out.expect(row.expect);
  }
  return out.take();
}

}  // namespace waybill::test
