#include "trigger/grpc_server.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/method_handler.h>

#include <mutex>
#include <string>

#include "ticket/adapters/files.h"
#include "ticket/adapters/listen_address.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/tls.h"
#include "trigger/grpc_api.h"

namespace waybill::trigger {
namespace {

constexpr int last_words = 5;  // seconds, for running calls when the door closes
constexpr std::size_t max_pem = 256 * 1024;
constexpr int max_metadata = 64 * 1024;  // a presentation with all its caveats, in base64
constexpr int max_streams = 64;          // of one connection
constexpr int max_idle = 60'000;         // ms without a call, until a connection is closed
constexpr int max_age = 600'000;         // ms, until a connection takes no more calls
constexpr int last_calls = 60'000;       // ms after that, until those under way are cut off
constexpr int handshake_time = 10'000;   // ms
constexpr std::size_t max_memory = 256 * 1024 * 1024;  // of gRPC's buffers

std::string bytes_in(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return {};
  std::string bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

constexpr const char* request_id_key = "x-request-id";  // gRPC's keys are lower-case

std::optional<std::string> entry_in(const grpc::ServerContext& context, const char* key) {
  const auto& metadata = context.client_metadata();
  if (metadata.count(key) != 1) return std::nullopt;
  const grpc::string_ref value = metadata.find(key)->second;
  return std::string(value.data(), value.size());
}

// The calls as bytes. A generated service would parse a message before anybody sees what a
// presentation is bound to, and to encode it again need not give the same bytes.
class RawService final : public grpc::Service {
 public:
  explicit RawService(GrpcApi& api) : api_(api) {
    for (const std::string_view method : GrpcApi::methods) {
      using grpc::ByteBuffer;
      using Handler = grpc::internal::RpcMethodHandler<RawService, ByteBuffer, ByteBuffer,
                                                       ByteBuffer, ByteBuffer>;
      AddMethod(new grpc::internal::RpcServiceMethod(
          method.data(), grpc::internal::RpcMethod::NORMAL_RPC,
          new Handler(
              [method](RawService* self, grpc::ServerContext* context,
                       const grpc::ByteBuffer* request, grpc::ByteBuffer* reply) {
                return self->serve(method, *context, *request, *reply);
              },
              this)));
    }
  }

 private:
  grpc::Status serve(std::string_view method, grpc::ServerContext& context,
                     const grpc::ByteBuffer& request, grpc::ByteBuffer& reply) {
    // gRPC cancels a call whose deadline is over.
    const GrpcReply answer =
        api_.answer({method, bytes_in(request), entry_in(context, "authorization"),
                     entry_in(context, request_id_key).value_or(""), context.peer(),
                     [&context] { return context.IsCancelled(); }});
    context.AddInitialMetadata(request_id_key, answer.request_id);
    if (answer.code != 0) {
      return {static_cast<grpc::StatusCode>(answer.code), answer.message, answer.details};
    }
    const grpc::Slice slice(answer.message);
    reply = grpc::ByteBuffer(&slice, 1);
    return grpc::Status::OK;
  }

  GrpcApi& api_;
};

using CertificateConfig = std::unique_ptr<grpc_ssl_server_certificate_config,
                                          decltype(&grpc_ssl_server_certificate_config_destroy)>;

// The key goes into memory of gRPC's, which is not locked.
CertificateConfig read_certificate(const GrpcServer::Options& options) {
  (void)TlsIdentity::load(options.tls_certificate,
                          options.tls_key);  // both are right, or it throws
  const std::string certificate(text_of(read_file(options.tls_certificate, max_pem)));
  const SecretBytes secret = read_secret_file(options.tls_key, max_pem);
  std::string key(text_of(secret.expose()));
  const grpc_ssl_pem_key_cert_pair pair{key.c_str(), certificate.c_str()};
  // It wants authorities of clients' certificates, which are not asked for: any will do.
  CertificateConfig config(grpc_ssl_server_certificate_config_create(certificate.c_str(), &pair, 1),
                           grpc_ssl_server_certificate_config_destroy);
  ::explicit_bzero(key.data(), key.size());
  return config;
}

/// gRPC's C++ knows credentials that stay; its C knows some that it asks for at each handshake.
class RenewableCredentials final : public grpc::ServerCredentials {
 public:
  explicit RenewableCredentials(const GrpcServer::Options& options)
      : options_(options),
        next_(read_certificate(options)),
        credentials_(grpc_ssl_server_credentials_create_with_options(
                         grpc_ssl_server_credentials_create_options_using_config_fetcher(
                             GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE, fetch, this)),
                     grpc_server_credentials_release) {}

  void renew() {
    CertificateConfig read = read_certificate(options_);
    const std::scoped_lock guard(lock_);
    next_ = std::move(read);
  }
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  static grpc_ssl_certificate_config_reload_status fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto& credentials = *static_cast<RenewableCredentials*>(self);
    const std::scoped_lock guard(credentials.lock_);
    if (credentials.next_ == nullptr) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    *config = credentials.next_.release();
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_.get());
  }

  const GrpcServer::Options options_;
  std::mutex lock_;
  CertificateConfig next_;  // null: gRPC has it
  std::unique_ptr<grpc_server_credentials, decltype(&grpc_server_credentials_release)> credentials_;
};

void limit(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("trigger");
  quota.SetMaxThreads(static_cast<int>(GrpcLimits{}.threads()));
  quota.Resize(max_memory);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(static_cast<int>(GrpcApi::max_message));
  // The bytes that arrive are the bytes that were presented; and nothing small becomes large.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, max_metadata);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, max_streams);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, max_idle);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, max_age);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, last_calls);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, handshake_time);
}

// Once for the process: the services that every server has, and the library's own words in our log.
void prepare_library() {
  static const bool prepared = [] {
    gpr_set_log_function([](gpr_log_func_args* said) {
      if (said->severity == GPR_LOG_SEVERITY_ERROR) log_warning("grpc", {{"why", said->message}});
    });
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(prepared);
}

}  // namespace

class GrpcServer::Parts {
 public:
  Parts(Options wanted, TriggerParts& parts)
      : options(std::move(wanted)), api(parts), service(api) {}
  const Options options;
  GrpcApi api;
  RawService service;
  std::shared_ptr<RenewableCredentials> tls;  // null: in clear
  std::unique_ptr<grpc::Server> server;       // last: its threads use the others
};

GrpcServer::GrpcServer(Options options, TriggerParts& parts)
    : parts_(std::make_unique<Parts>(std::move(options), parts)) {}

GrpcServer::~GrpcServer() { stop(); }

std::uint16_t GrpcServer::start() {
  prepare_library();
  const std::string address = ListenAddress{parts_->options.host, parts_->options.port}.text();
  grpc::ServerBuilder builder;
  limit(builder);
  int port = 0;
  const bool has_tls = !parts_->options.tls_certificate.empty();
  if (has_tls) parts_->tls = std::make_shared<RenewableCredentials>(parts_->options);
  builder.AddListeningPort(address, has_tls ? parts_->tls : grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&parts_->service);
  parts_->server = builder.BuildAndStart();
  if (parts_->server == nullptr || port == 0) {
    throw std::runtime_error("cannot listen for gRPC on " + address);
  }
  return static_cast<std::uint16_t>(port);
}

void GrpcServer::renew_certificate() {
  if (parts_->tls != nullptr) parts_->tls->renew();
}

void GrpcServer::stop() {
  parts_->api.end_waits();
  if (parts_->server == nullptr) return;
  parts_->server->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(last_words, GPR_TIMESPAN)));
  parts_->server.reset();
}

}  // namespace waybill::trigger
