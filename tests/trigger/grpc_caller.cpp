#include "tests/trigger/grpc_caller.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

namespace waybill::test {
namespace {

std::string text_in(grpc::ByteBuffer& buffer) {
  std::string out;
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return out;
  for (const grpc::Slice& slice : slices) {
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return out;
}

grpc::ByteBuffer buffer_of(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

}  // namespace

class GrpcCaller::Parts {
 public:
  Parts(const std::string& address, const std::string& authority)
      : channel(grpc::CreateChannel(address, authority.empty()
                                                 ? grpc::InsecureChannelCredentials()
                                                 : grpc::SslCredentials({authority, {}, {}}))),
        stub(channel) {}
  std::shared_ptr<grpc::Channel> channel;
  grpc::GenericStub stub;
};

GrpcCaller::GrpcCaller(const std::string& address, const std::string& authority)
    : parts_(std::make_unique<Parts>(address, authority)) {}
GrpcCaller::~GrpcCaller() = default;

Heard GrpcCaller::call(const std::string& method, const std::string& message,
                       const Metadata& metadata, int seconds) {
  grpc::ClientContext context;
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(seconds, GPR_TIMESPAN)));
  for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
  grpc::CompletionQueue queue;
  const auto call = parts_->stub.PrepareUnaryCall(&context, method, buffer_of(message), &queue);
  call->StartCall();
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->Finish(&reply, &status, this);
  void* tag = nullptr;
  bool good = false;
  queue.Next(&tag, &good);
  if (status.ok()) return {0, text_in(reply), {}};
  Heard heard{status.error_code(), status.error_message(), {}};
  v1::StatusDetails details;
  if (details.ParseFromString(status.error_details()) && details.details_size() == 1 &&
      details.code() == heard.code &&
      details.details(0).type_url() == "type.googleapis.com/google.rpc.ErrorInfo") {
    (void)heard.info.ParseFromString(details.details(0).value());
  }
  return heard;
}

// ServerReflectionRequest{list_services = 7: ""}, and whatever bytes come back: the names are in
// them. The call is a stream, of which one message each way is enough.
std::string GrpcCaller::reflected() {
  return call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              std::string("\x3a\x00", 2), Metadata{})
      .message;
}

bool GrpcCaller::is_healthy() {  // HealthCheckResponse{status = 1: SERVING}
  const Heard heard = call("/grpc.health.v1.Health/Check", "", Metadata{});
  return heard.code == 0 && heard.message == "\x08\x01";
}

}  // namespace waybill::test
