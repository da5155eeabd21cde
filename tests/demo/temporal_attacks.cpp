#include "tests/demo/attacks.h"
#include "tests/support/daemon.h"
#include "ticket/adapters/temporal_work.h"
#include "ticket/wire/hex.h"

namespace waybill::demo {
namespace {

using namespace std::chrono_literals;

/// Somebody who may start workflows in the namespace, and has read what others started.
class Stranger {
 public:
  explicit Stranger(const std::string& address)
      : server_(temporal::connect({address, "default", "stranger", {}, {}})) {}

  /// What becomes of it at queue-alice: the type of its failure, empty when it is done.
  std::string start(const temporal::NewWorkflow& wanted) {
    const auto started = server_->start(wanted);
    if (!started || started->how != temporal::Start::How::started) return "not started";
    const temporal::Execution run{wanted.id, started->run_id};
    const bool is_closed = test::eventually([&] {
      const auto now = server_->describe(run);
      return now && !now->is_open;
    });
    if (!is_closed) return "still open";
    const auto last = server_->last_event(run);
    return last ? last->failure.type : "no end";
  }

 private:
  std::unique_ptr<temporal::Server> server_;
};

temporal::NewWorkflow start_of(const Granted& granted) {
  const Errand& errand = granted.errand;
  return {errand.workflow_id,
          errand.type,
          errand.queue,
          temporal::header_with(granted.ticket.ticket),
          {temporal::payload_of(temporal::input_encoding, granted.sealed_input)},
          to_hex(random_bytes<16>()),
          1h};
}

Errand errand_with(const std::string& workflow_id) {
  Errand errand;
  errand.workflow_id = workflow_id;
  return errand;
}

}  // namespace

void attack_temporal(Cast& cast, Scoreboard& board) {
  board.heading("At the Temporal server, by somebody who may start workflows there");
  Stranger stranger(cast.temporal);
  const auto honest = start_of(grant(cast, cast.carol, errand_with("invoice-report-at-temporal")));
  const std::string code = stranger.start(honest);
  board.honest("work that trigger/orders might have started", code.empty(), code);

  auto bare = honest;
  bare.id += "-bare";
  bare.header.clear();
  board.attack("a start without a ticket", stranger.start(bare), {Errc::malformed});
  auto copied = honest;
  copied.id += "-copy";
  board.attack("header and input copied to another workflow", stranger.start(copied),
               {Errc::wrong_workflow});
  auto changed = start_of(grant(cast, cast.carol, errand_with("invoice-report-changed")));
  changed.input.front().data.back() ^= 1;
  board.attack("a bit of the input changed", stranger.start(changed), {Errc::bad_integrity});
  Errand spare = errand_with("invoice-report-moved");
  spare.queue = "queue-spare";
  auto moved = start_of(grant(cast, cast.carol, spare));
  moved.queue = "queue-alice";
  board.attack("another queue's ticket", stranger.start(moved), {Errc::wrong_audience});
}

}  // namespace waybill::demo
