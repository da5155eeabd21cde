#include <stdexcept>

#include "trigger/grpc_server.h"

// A build without gRPC (cmake/grpc.cmake).
namespace waybill::trigger {

class GrpcServer::Parts {};

GrpcServer::GrpcServer(Options, TriggerParts&) {}
GrpcServer::~GrpcServer() = default;
std::uint16_t GrpcServer::start() {
  throw std::runtime_error("this waybill-trigger was built without gRPC");
}
void GrpcServer::renew_certificate() {}
void GrpcServer::stop() {}

}  // namespace waybill::trigger
