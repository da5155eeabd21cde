#include "tests/peers/temporal/temporal_realm.h"

#include <temporal_wire.pb.h>

#include <stdexcept>

#include "ticket/adapters/grpc_channel.h"
#include "ticket/adapters/temporal_messages.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

using namespace std::chrono_literals;
namespace wire = temporal_wire;

constexpr auto patience = 90s;  // a worker that fell silent is given up after half a minute

std::vector<std::string> with_engine(const DevServer& server) {
  return {"--engine", "temporal", "--temporal-address", server.address()};
}

LiveWorker::Options handlers(const DevServer& server) {
  return {.handlers = {{"invoice-report", "cat"},
                       {"invoice-flaky", "[ $WAYBILL_ATTEMPT -gt 1 ] && cat"},
                       {"invoice-held",
                        "touch $HOME/held-$WAYBILL_WORKFLOW_ID; "
                        "while [ ! -e $HOME/go-$WAYBILL_WORKFLOW_ID ]; do sleep 0.1; done; cat"}},
          .more = with_engine(server)};
}

template <class Value>
Value must(Result<Value> answer) {
  if (!answer) throw std::runtime_error(std::string(describe(answer.error().code).name));
  return *std::move(answer);
}

}  // namespace

TemporalRealm::TemporalRealm()
    : server(realm.folder()),
      trigger(realm, "trigger/orders", with_engine(server)),
      worker(realm, {}, handlers(server)),
      carol(realm, "carol"),
      door(trigger.url()),
      stranger(temporal::connect({server.address(), "default", "stranger", {}, {}})) {
  realm.init("carol");
}

TemporalRealm& TemporalRealm::shared() {
  static TemporalRealm realm;
  return realm;
}

std::string TemporalRealm::submit(const Errand& errand) {
  const DoorReply reply = door.submit(carol, errand);
  if (!reply.code().empty()) throw std::runtime_error(reply.body.dump());
  return reply.body.at("workflow_id");
}

std::string TemporalRealm::submit_without_report() {
  const std::string id = submit();
  trigger.daemon().kill();
  if (!failure({id}).empty()) throw std::runtime_error(id + " was not done");
  return id;
}

std::string TemporalRealm::end_of(const std::string& workflow_id) {
  const auto last = door.wait(carol, workflow_id, patience);
  const std::string status = last.value("status", "");
  return last.contains("error") ? status + " " + last["error"].value("code", "") : status;
}

bool TemporalRealm::is_in_hand(const std::string& workflow_id) {
  const auto mark = realm.folder() / ("held-" + workflow_id);
  return eventually([&] { return exists(mark); }, patience);
}

void TemporalRealm::let_go(const std::string& workflow_id) const {
  realm.write("go-" + workflow_id, "");
}

Ended TemporalRealm::result_of(const std::string& workflow_id) const {
  return realm.waybill({"wait", workflow_id}, "carol");
}

temporal::Started TemporalRealm::started(const std::string& workflow_id) {
  return *must(stranger->first_event({workflow_id})).started;
}

temporal::Payloads TemporalRealm::sealed_result(const std::string& workflow_id) {
  return must(stranger->last_event({workflow_id})).result;
}

std::string TemporalRealm::failure(const temporal::Execution& which) {
  const bool is_closed = eventually(
      [&] {
        const auto now = stranger->describe(which);
        return now && !now->is_open;
      },
      patience);
  if (!is_closed) return "still open";
  return must(stranger->last_event(which)).failure.type;
}

temporal::NewWorkflow TemporalRealm::copy_of_start(const std::string& workflow_id) {
  const temporal::Started seen = started(workflow_id);
  return {workflow_id, seen.workflow_type, "queue-alice", seen.header, seen.input, {}, 1h};
}

std::string TemporalRealm::start_as_stranger(const temporal::NewWorkflow& wanted) {
  wire::StartWorkflowExecutionRequest request;
  request.ParseFromString(temporal::start_request({"default", "stranger", "stranger"}, wanted));
  request.set_request_id(to_hex(random_bytes<16>()));
  request.set_workflow_id_reuse_policy(wire::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  GrpcChannel channel({server.address(), {}, {}});
  const auto answer =
      channel.call("/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution",
                   request.SerializeAsString(), 10s);
  if (!answer.is_good()) throw std::runtime_error("start: " + answer.message);
  return must(temporal::started_run(answer.body));
}

std::vector<std::string> TemporalRealm::verdicts(const std::string& workflow_id) const {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(realm.folder() / "worker-queue-alice/verdicts.jsonl")) {
    const auto row = nlohmann::json::parse(line);
    if (row.value("workflow", "") == workflow_id) found.push_back(row.value("verdict", ""));
  }
  return found;
}

}  // namespace waybill::test
