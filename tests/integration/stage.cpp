#include "tests/integration/stage.h"

#include <stdexcept>

#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

constexpr const char* gives_back = "touch $HOME/ran-$WAYBILL_RUN_ID; cat";

LiveWorker::Options handlers(const LiveRealm& realm, const Stage::MoreArguments& more) {
  return {.handlers = {{"invoice-report", gives_back}, {"invoice-other", gives_back}},
          .more = more ? more(realm) : std::vector<std::string>{}};
}

}  // namespace

Stage::Stage(const LiveRealm::Settings& settings, const MoreArguments& more)
    : realm(settings),
      engine(realm.principal("trigger/orders").text()),
      worker(realm, engine.url(), handlers(realm, more)),
      carol(realm, "carol"),
      trigger(realm, "trigger/orders") {
  if (!engine.is_polled()) throw std::runtime_error("no poll:\n" + worker.daemon().log());
}

Stage::Job Stage::good_job(Person& person, const Errand& errand, Seconds run_for) {
  const std::string id = errand.workflow_id.value_or("job-" + to_hex(random_bytes<8>()));
  const Digest digest = input_digest(bytes_of(errand.input));
  const DelegatedTicketRequest request{person.delegation(errand),
                                       errand.queue,
                                       {"default", id, errand.type, digest},
                                       errand.actions,
                                       {},
                                       run_for};
  const auto answer = trigger.call("tgs.delegate", Bytes(request.encode()));
  if (!answer) throw std::runtime_error(std::string(describe(answer.error().code).name));
  IssuedTicket issued = *IssuedTicket::decode(answer->value);
  CraftedJob job{id,
                 errand.type,
                 to_hex(random_bytes<16>()),
                 realm.now(),
                 issued.ticket,
                 seal_input(issued.session, {"default", errand.queue, errand.type, id},
                            bytes_of(errand.input))};
  return {std::move(job), std::move(issued), errand};
}

std::string Stage::verdict(const CraftedJob& job) {
  const auto report = engine.report(engine.hand_out(job));
  if (!report) return "no report";
  switch (report->kind) {
    case JobReport::Kind::completed:
      return "completed";
    case JobReport::Kind::failed:
      return "failed";
    case JobReport::Kind::refused:
      return report->code;
  }
  return {};
}

bool Stage::has_run(const std::string& run_id) const {
  return std::filesystem::exists(realm.folder() / ("ran-" + run_id));
}

}  // namespace waybill::test
