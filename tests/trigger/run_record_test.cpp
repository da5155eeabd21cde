#include "trigger/run_record.h"

#include <boost/test/unit_test.hpp>

#include "tests/trigger/engine_bench.h"

namespace waybill::test::run_record_test {
namespace {

using trigger::EngineTables;
using trigger::GuardedTable;
using trigger::RunRecord;

RunRecord some_record() {
  return {{RunId{1}, TicketId{2}, "w-1", "invoice-report", "queue-alice",
           principal_of("carol@DEMO.TEST"), Status::queued, 1, noon, noon + 15min, noon + 1s,
           noon + 1h, noon + 24h, std::nullopt, std::nullopt, "shop-42"},
          noon,
          std::nullopt,
          Time{}};
}

// As programs wrote it that knew no renewal.
Buffer record_of_version_1(const Run& run) {
  Writer out;
  out.array(17).uint(1).bin(run.id).bin(run.ticket).str(run.workflow_id);
  out.str(run.workflow_type).str(run.queue).str(run.subject.text());
  out.uint(static_cast<std::uint64_t>(run.status)).uint(run.attempt);
  out.time(run.submitted_at).time(run.start_by).time(run.run_until).time(Time{});
  return out.array(0).time(run.submitted_at).bin(Bytes{}).time(Time{}).take();
}

// As programs wrote it that kept no request's id: without the last element.
Buffer record_of_version_2(RunRecord record) {
  record.run.request_id.clear();
  Buffer wire = record.encode();
  wire[2] = 19;  // dc 00 13
  wire[3] = 2;
  wire.pop_back();
  return wire;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_record_of_a_run)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  const RunRecord record = some_record();
  const Buffer wire = record.encode();
  const auto read = RunRecord::decode(wire);
  BOOST_TEST_REQUIRE(bool(read));
  BOOST_TEST((read->run.issued_at == noon + 1s));
  BOOST_TEST((read->run.run_until == noon + 1h));
  BOOST_TEST((read->run.renew_until == noon + 24h));
  BOOST_TEST(read->run.request_id == "shop-42");
  BOOST_TEST(read->encode() == wire, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_version_1_ends_with_its_first_ticket) {
  const RunRecord record = some_record();
  const auto read = RunRecord::decode(record_of_version_1(record.run));
  BOOST_TEST_REQUIRE(bool(read));
  BOOST_TEST((read->run.issued_at == noon));
  BOOST_TEST((read->run.run_until == noon + 1h));
  BOOST_TEST((read->run.renew_until == noon + 1h));
  BOOST_TEST((last_moment(read->run) == noon + 1h));
  BOOST_TEST((read->run.start_by == noon + 15min));
}

BOOST_AUTO_TEST_CASE(of_version_2_has_no_request_and_all_else) {
  const auto read = RunRecord::decode(record_of_version_2(some_record()));
  BOOST_TEST_REQUIRE(bool(read));
  BOOST_TEST(read->run.request_id.empty());
  BOOST_TEST((read->run.renew_until == noon + 24h));
}

BOOST_AUTO_TEST_CASE(has_the_fields_of_its_version) {
  Buffer wire = some_record().encode();
  BOOST_TEST_REQUIRE(wire[3] == 3U);  // after the array of 20: dc 00 14
  wire[3] = 2;
  BOOST_TEST(outcome(RunRecord::decode(wire)) == Errc::bad_version);
  wire[3] = 4;
  BOOST_TEST(outcome(RunRecord::decode(wire)) == Errc::bad_version);
  Buffer old = record_of_version_1(some_record().run);
  old[3] = 2;
  BOOST_TEST(outcome(RunRecord::decode(old)) == Errc::bad_version);
  wire[2] = 18;
  BOOST_TEST(!RunRecord::decode(wire));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_store_of_format_1)

// Its one run is dead when its ticket ends, and everything else goes on as before.
BOOST_AUTO_TEST_CASE(is_taken_over_and_refused_by_what_knows_no_other) {
  EngineBench bench;
  const auto task = bench.task("w-1");
  const Run run = *bench.start(task);
  bench.close();
  {
    Env env(bench.scratch / "store", quick_engine().store);
    const RecordGuard guard(usual_store_key());
    const EngineTables tables(env, guard, bench.realm.principal("trigger/orders"));
    WriteTxn txn(env);
    tables.runs.put(txn, run.id, record_of_version_1(run));
    tables.deadlines.erase(txn, EngineTables::time_key(run.renew_until, run.id));
    tables.deadlines.put(txn, EngineTables::time_key(run.run_until, run.id), {});
    tables.meta.put(txn, bytes_of("store"),
                    Writer().array(2).uint(1).str("trigger/orders@DEMO.TEST").take());
    std::move(txn).commit();
  }
  bench.open();
  BOOST_TEST((bench.status(run) == Status::queued));
  BOOST_TEST((bench.now(run).renew_until == noon + 1h));
  bench.close();
  {
    Env env(bench.scratch / "store", quick_engine().store);
    const RecordGuard guard(usual_store_key());
    const GuardedTable meta(env, "meta", guard);
    const ReadTxn txn(env);
    const Buffer expected = Writer().array(2).uint(3).str("trigger/orders@DEMO.TEST").take();
    BOOST_TEST(equal(*meta.get(txn, bytes_of("store")), expected));
  }
  bench.open();
  bench.clock.set(noon + 1h);
  bench.engine().sweep();
  BOOST_TEST((bench.status(run) == Status::dead));
  const Run next = bench.started("w-2");
  bench.clock.advance(2h);
  bench.engine().sweep();
  BOOST_TEST((bench.status(next) == Status::queued));
}

BOOST_AUTO_TEST_CASE(is_the_oldest_and_3_the_newest_that_is_known) {
  EngineBench bench;
  bench.close();
  for (const std::uint64_t format : {std::uint64_t{0}, std::uint64_t{4}}) {
    {
      Env env(bench.scratch / "store", quick_engine().store);
      const RecordGuard guard(usual_store_key());
      const GuardedTable meta(env, "meta", guard);
      WriteTxn txn(env);
      meta.put(txn, bytes_of("store"),
               Writer().array(2).uint(format).str("trigger/orders@DEMO.TEST").take());
      std::move(txn).commit();
    }
    BOOST_CHECK_THROW(bench.open(), std::runtime_error);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::run_record_test
