#include "tests/support/temporal_thief.h"

#include <stdexcept>

#include "ticket/adapters/temporal_work.h"

namespace waybill::test {
namespace {

using namespace std::chrono_literals;

template <class Task>
Task taken(Result<std::optional<Task>> polled) {
  if (!polled || !*polled) throw std::runtime_error("there is nothing to steal");
  return **std::move(polled);
}

void must(const Checked& told) {
  if (!told) throw std::runtime_error("the server does not take it");
}

}  // namespace

void steal(temporal::Server& server, const std::string& queue, const temporal::Payload& result) {
  const auto begun = taken(server.poll_workflow(queue));
  const temporal::Started& start = *begun.history.front().started;
  must(server.answer(
      begun, {temporal::ScheduleActivity{std::string(temporal::activity_id), start.workflow_type,
                                         queue, start.header, start.input, 60s, 30s}}));
  must(server.complete(taken(server.poll_activity(queue)).token, result));
  must(server.answer(taken(server.poll_workflow(queue)), {temporal::Complete{{result}}}));
}

}  // namespace waybill::test
