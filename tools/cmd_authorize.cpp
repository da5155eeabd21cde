#include <algorithm>
#include <array>

#include "ticket/adapters/files.h"
#include "ticket/wire/limits.h"
#include "tools/commands.h"
#include "tools/workflow.h"

namespace waybill::tools {
namespace {

struct AuthorizeOptions {
  TriggerClient::Wanted trigger;
  CommandLine::Text queue, type, method, path, grpc, body, cache;
  WorkOptions work;

  bool is_for_work() const { return queue || type; }
};

Outcome<Done> read_options(Context& context, const Arguments& arguments,
                           AuthorizeOptions& options) {
  CommandLine line("waybill authorize",
                   "Print an Authorization header line for one request, for curl or grpcurl.");
  add_trigger_options(line, options.trigger);
  line.option("--queue", options.queue, "QUEUE", "to start a workflow: on which queue");
  line.option("--workflow", options.type, "TYPE", "to start a workflow: of which type");
  add_work_options(line, options.work);
  line.option("--method", options.method, "METHOD", "any other request: its method (GET)");
  line.option("--path", options.path, "PATH", "any other request: its path, as /v1/workflows/ID");
  line.option("--grpc", options.grpc, "CALL", "a gRPC call: Describe, Wait or Cancel");
  line.option("--body", options.body, "FILE", "its body, or the bytes of the gRPC message");
  add_cache_option(line, options.cache);
  line.note(
      "To start a workflow it is a delegation, which names the queue, type, actions and input "
      "that\n"
      "the body must name too; with --service alone no server is asked, and it is bound to a\n"
      "namespace only by --namespace. For any other request it "
      "is\n"
      "a presentation of your ticket for that service, good once and for two minutes.");
  line.example(
          "curl -H \"$(waybill authorize --trigger http://127.0.0.1:8090 --path "
          "/v1/workflows/ID)\" http://127.0.0.1:8090/v1/workflows/ID")
      .example(
          "grpcurl -H \"$(waybill authorize --trigger http://127.0.0.1:8090 --grpc Describe --body "
          "message.bin)\" ...")
      .example(
          "waybill authorize --service trigger/orders --queue queue-alice --workflow "
          "invoice-report --action invoice:read --input invoices.csv");
  CHECK_OK(line.parse(context.ui, arguments));
  if (options.is_for_work() && !(options.queue && options.type)) {
    return wrong_usage("a workflow needs both --queue and --workflow");
  }
  const std::array<bool, 3> kinds{options.is_for_work(), options.path.has_value(),
                                  options.grpc.has_value()};
  if (std::ranges::count(kinds, true) != 1) {
    return wrong_usage("one of --queue with --workflow, --path, or --grpc");
  }
  if (options.grpc && (options.method || !is_name(*options.grpc, limits::max_name) ||
                       options.grpc->find('/') != std::string::npos)) {
    return wrong_usage("--grpc wants the name of a call, as Describe, and no --method");
  }
  if (options.path && !options.path->starts_with('/')) return wrong_usage("--path starts with /");
  return done();
}

// A delegation is for a principal; where it listens need not be known.
Outcome<Principal> addressee(Session& session, const AuthorizeOptions& options,
                             PreparedWork& work) {
  if (options.trigger.service && !options.trigger.url) {
    return session.principal(*options.trigger.service);
  }
  TriggerClient::Wanted wanted = options.trigger;
  wanted.queue = work.queue;
  TRY(trigger, TriggerClient::reach(session, wanted));
  CHECK_OK(work.settle_namespace(*trigger));
  return trigger->service();
}

Outcome<std::string> for_work(Session& session, AuthorizeOptions& options) {
  options.work.queue = *options.queue;
  TRY(work, prepare_work(session, *options.type, options.work));
  TRY(trigger, addressee(session, options, work));
  return delegate_work(session, trigger, work);
}

Outcome<std::string> for_request(Session& session, const AuthorizeOptions& options) {
  TRY(trigger, TriggerClient::reach(session, options.trigger));
  std::string body;
  if (options.body) body = text_of(read_file(*options.body, limits::max_input));
  if (options.grpc) {  // specs/grpc-api.md
    return trigger->present_for("GRPC", "/waybill.v1.Trigger/" + *options.grpc, body,
                                Session::From::cache);
  }
  return trigger->present_for(options.method.value_or("GET"), *options.path, body,
                              Session::From::cache);
}

}  // namespace

Outcome<Done> authorize_main(Context& context, const Arguments& arguments) {
  AuthorizeOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  CHECK_OK(session->tgt());
  TRY(value, options.is_for_work() ? for_work(*session, options) : for_request(*session, options));
  context.ui.print("Authorization: " + value);
  return done();
}

}  // namespace waybill::tools
