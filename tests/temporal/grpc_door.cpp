#include "tests/temporal/grpc_door.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

namespace waybill::test {
namespace {

class OneCall final : public grpc::ServerGenericBidiReactor {
 public:
  OneCall(const GrpcDoor::Handler& handler, grpc::GenericCallbackServerContext& context)
      : handler_(handler), context_(context) {
    StartRead(&request_);
  }

  void OnReadDone(bool is_good) override {
    if (!is_good) return Finish(grpc::Status::CANCELLED);
    std::vector<grpc::Slice> slices;
    GrpcDoor::Call call{context_.method().substr(context_.method().rfind('/') + 1), {}, {}};
    if (request_.Dump(&slices).ok()) {
      for (const grpc::Slice& slice : slices) {
        call.body.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
      }
    }
    for (const auto& [name, value] : context_.client_metadata()) {
      call.metadata.emplace(std::string(name.data(), name.size()),
                            std::string(value.data(), value.size()));
    }
    const GrpcDoor::Reply reply = handler_(call);
    if (reply.status != 0) {
      return Finish({static_cast<grpc::StatusCode>(reply.status), reply.message, reply.details});
    }
    const grpc::Slice slice(reply.body);
    answer_ = grpc::ByteBuffer(&slice, 1);
    StartWriteAndFinish(&answer_, {}, grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  const GrpcDoor::Handler& handler_;
  grpc::GenericCallbackServerContext& context_;
  grpc::ByteBuffer request_, answer_;
};

class AnyService final : public grpc::CallbackGenericService {
 public:
  explicit AnyService(GrpcDoor::Handler handler) : handler_(std::move(handler)) {}
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new OneCall(handler_, *context);
  }

 private:
  const GrpcDoor::Handler handler_;
};

}  // namespace

struct GrpcDoor::State {
  explicit State(Handler handler) : service(std::move(handler)) {}
  AnyService service;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

GrpcDoor::GrpcDoor(Handler handler, const Identity& identity)
    : state_(std::make_unique<State>(std::move(handler))) {
  auto credentials = grpc::InsecureServerCredentials();
  if (!identity.certificate.empty()) {
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({identity.key, identity.certificate});
    credentials = grpc::SslServerCredentials(tls);
  }
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", credentials, &state_->port);
  builder.RegisterCallbackGenericService(&state_->service);
  state_->server = builder.BuildAndStart();
}

GrpcDoor::~GrpcDoor() { state_->server->Shutdown(std::chrono::system_clock::time_point{}); }

std::string GrpcDoor::address() const { return "127.0.0.1:" + std::to_string(state_->port); }

}  // namespace waybill::test
