// A service that starts work at a trigger over gRPC and waits for the result, in its own name: it
// logs in with its keytab, and no password and no bearer token is anywhere (specs/grpc-api.md).
//
//   waybill-example-grpc REALM_FILE KEYTAB HOST:PORT TRIGGER QUEUE TYPE ACTION < input > result
//
// Exit status: 0 done, 1 refused or failed, 2 wrong usage.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <waybill/v1/trigger.pb.h>

#include <iostream>
#include <iterator>

#include "ticket/adapters/base64.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/service_principal.h"
#include "ticket/adapters/system_clock.h"
#include "ticket/exchange/fields.h"
#include "ticket/presentation.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace {

using namespace waybill;
using namespace std::chrono_literals;

/// What a refusal ends this program with.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
T or_end(Result<T> result) {
  if (!result) throw Refused(std::string(describe(result.error().code).sentence));
  return *std::move(result);
}

std::string header(Bytes presentation) { return "Waybill " + to_base64url(presentation); }

struct Reply {
  grpc::Status status;
  std::string message;
};

// One call with exactly these bytes: a presentation is bound to them.
Reply call(grpc::GenericStub& stub, const std::string& method, const std::string& message,
           const std::string& authorization) {
  grpc::ClientContext context;
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(40, GPR_TIMESPAN)));
  context.AddMetadata("authorization", authorization);
  const grpc::Slice slice(message);
  grpc::CompletionQueue queue;
  const auto running = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&slice, 1), &queue);
  running->StartCall();
  Reply reply;
  grpc::ByteBuffer answer;
  running->Finish(&answer, &reply.status, &reply);
  void* tag = nullptr;
  bool good = false;
  queue.Next(&tag, &good);
  std::vector<grpc::Slice> slices;
  if (reply.status.ok() && answer.Dump(&slices).ok()) {
    for (const grpc::Slice& part : slices) {
      reply.message.append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
  }
  return reply;
}

// Why a trigger refused: the stable code, and its instance when we addressed another one.
v1::ErrorInfo why(const grpc::Status& status) {
  v1::StatusDetails details;
  v1::ErrorInfo info;
  const bool good = details.ParseFromString(status.error_details()) &&
                    details.details_size() == 1 && info.ParseFromString(details.details(0).value());
  return good ? info : v1::ErrorInfo();
}

std::string refusal(const grpc::Status& status) {
  return why(status).reason() + ": " + status.error_message();
}

class Service {
 public:
  Service(KdcClient& kdc, const Keytab& keytab, const Clock& clock, const std::string& address,
          std::string trigger)
      : clock_(clock),
        own_(kdc, keytab, clock),
        kdc_(kdc),
        key_(keytab),
        trigger_(std::move(trigger)),
        stub_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {}

  std::string start(const v1::StartRequest& work) {
    const Principal principal = own_.principal();
    const Login::Done login = or_end(kdc_.login(key_.newest().key, principal, {}));
    const std::vector<std::string> actions(work.actions().begin(), work.actions().end());
    const Buffer delegation = or_end(delegate(login.tgt,
                                              {or_end(Principal::make(trigger_, principal.realm())),
                                               work.queue(),
                                               work.workflow_type(),
                                               actions,
                                               input_digest(bytes_of(work.input())),
                                               {},
                                               {},
                                               clock_.now() + 5min,
                                               "default"},  // the trigger's namespace
                                              clock_.now()));
    const Reply reply =
        call(stub_, "/waybill.v1.Trigger/Start", work.SerializeAsString(), header(delegation));
    if (!reply.status.ok()) throw Refused(refusal(reply.status));
    v1::StartReply started;
    (void)started.ParseFromString(reply.message);
    return started.workflow_id();
  }

  v1::WaitReply wait(const std::string& workflow_id) {
    v1::WaitRequest request;
    request.set_workflow_id(workflow_id);
    request.set_wait_seconds(20);
    const std::string method = "/waybill.v1.Trigger/Wait";
    const std::string message = request.SerializeAsString();
    for (bool mended = false;;) {
      const Reply reply = call(stub_, method, message, present_for(method, message));
      v1::WaitReply out;
      if (reply.status.ok() && out.ParseFromString(reply.message)) {
        const std::string& status = out.workflow().status();
        if (status == "queued" || status == "running") continue;
        return out;
      }
      // The first refusal says which instance to address.
      const v1::ErrorInfo info = why(reply.status);
      const auto told = info.metadata().find("instance");
      if (mended || told == info.metadata().end()) throw Refused(refusal(reply.status));
      instance_ = or_end(fixed_from_hex<16>(told->second));
      mended = true;
    }
  }

 private:
  std::string present_for(const std::string& method, const std::string& message) {
    const auto ticket = or_end(own_.ticket_for(trigger_));
    const Digest digest =
        request_digest({bytes_of(std::string_view("GRPC")), bytes_of(method), bytes_of(message)});
    const Principal trigger = or_end(Principal::make(trigger_, own_.principal().realm()));
    return header(present(*ticket, {trigger, instance_, digest}, clock_.now()));
  }

  const Clock& clock_;
  ServicePrincipal own_;
  KdcClient& kdc_;
  const Keytab& key_;
  const std::string trigger_;
  grpc::GenericStub stub_;
  InstanceId instance_{};
};

int run(char** words) {
  const SystemClock clock;
  KdcClient kdc(RealmFile::load(words[1]), clock);
  const SecretBytes file = read_secret_file(words[2], limits::max_keytab);
  const Keytab keytab = or_end(Keytab::decode(file.expose()));
  Service service(kdc, keytab, clock, words[3], words[4]);
  v1::StartRequest work;
  work.set_queue(words[5]);
  work.set_workflow_type(words[6]);
  work.add_actions(words[7]);
  work.set_input(std::string(std::istreambuf_iterator<char>(std::cin), {}));
  const v1::WaitReply done = service.wait(service.start(work));
  if (done.workflow().status() != "completed") {
    throw Refused(done.workflow().status() + ": " + done.workflow().error_message());
  }
  std::cout << done.result();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::cerr << "usage: waybill-example-grpc REALM_FILE KEYTAB HOST:PORT TRIGGER QUEUE TYPE "
                 "ACTION < input\n";
    return 2;
  }
  try {  // the one catch of this program
    if (!LockedArena::start()) std::cerr << "waybill-example-grpc: memory is not locked\n";
    return run(argv);
  } catch (const std::exception& error) {
    std::cerr << "waybill-example-grpc: error: " << error.what() << "\n";
    return 1;
  }
}
