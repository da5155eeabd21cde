#include "ticket/adapters/grpc_channel.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

namespace waybill {
namespace {

constexpr int max_answer = 128 * 1024 * 1024;  // a page of a history can be large
constexpr int keepalive_ms = 30'000, keepalive_answer_ms = 15'000;

std::shared_ptr<grpc::Channel> open(const GrpcChannel::Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(max_answer);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_answer_ms);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto credentials = grpc::InsecureChannelCredentials();
  if (!options.authorities.empty()) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = options.authorities;
    credentials = grpc::SslCredentials(tls);
  }
  return grpc::CreateCustomChannel(options.address, credentials, arguments);
}

grpc::ByteBuffer wrap(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string unwrap(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string out;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return out;
  for (const grpc::Slice& slice : slices) {
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return out;
}

}  // namespace

struct GrpcChannel::State {
  explicit State(Options with) : options(std::move(with)), stub(open(options)) {}

  const Options options;
  grpc::GenericStub stub;
  std::mutex lock;
  std::condition_variable fewer;
  std::set<grpc::ClientContext*> polls;
  bool no_more_polls = false;

  bool enter(grpc::ClientContext& context) {
    const std::scoped_lock guard(lock);
    if (!no_more_polls) polls.insert(&context);
    return !no_more_polls;
  }
  void leave(grpc::ClientContext& context) {
    const std::scoped_lock guard(lock);
    polls.erase(&context);
    fewer.notify_all();
  }
};

GrpcChannel::GrpcChannel(Options options) : state_(std::make_unique<State>(std::move(options))) {}

GrpcChannel::~GrpcChannel() = default;

GrpcChannel::Answer GrpcChannel::call(const std::string& method, const std::string& request,
                                      std::chrono::milliseconds patience, bool is_poll) {
  grpc::ClientContext context;
  const gpr_timespec deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                             gpr_time_from_millis(patience.count(), GPR_TIMESPAN));
  context.set_deadline(deadline);
  if (state_->options.metadata) {
    for (const auto& [name, value] : state_->options.metadata()) context.AddMetadata(name, value);
  }
  if (is_poll && !state_->enter(context)) return {grpc::StatusCode::CANCELLED, {}, {}, {}};
  const grpc::ByteBuffer sent = wrap(request);
  grpc::ByteBuffer received;
  std::promise<grpc::Status> ended;
  state_->stub.UnaryCall(&context, method, grpc::StubOptions(), &sent, &received,
                         [&ended](grpc::Status status) { ended.set_value(std::move(status)); });
  const grpc::Status status = ended.get_future().get();
  if (is_poll) state_->leave(context);
  if (!status.ok()) {
    return {status.error_code(), {}, status.error_message(), status.error_details()};
  }
  return {0, unwrap(received), {}, {}};
}

void GrpcChannel::end_polls(std::chrono::milliseconds patience) {
  std::unique_lock guard(state_->lock);
  state_->no_more_polls = true;
  if (state_->fewer.wait_for(guard, patience, [this] { return state_->polls.empty(); })) return;
  for (grpc::ClientContext* context : state_->polls) context->TryCancel();
}

}  // namespace waybill
