#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tests/adapters/raw_socket.h"
#include "ticket/adapters/http.h"

/// A server for tests that speak HTTP by hand.
namespace waybill::test::running_server {

/// Says back what it heard.
inline HttpReply echo(const HttpRequest& request) {
  return {.content_type = "text/plain",
          .body = request.method + " " + request.path + " [" + request.body + "]"};
}

struct Running {
  explicit Running(HttpServer::Options options = {}, HttpServer::Handler handler = echo)
      : server(std::move(options), std::move(handler)), port(server.start()) {}
  HttpServer server;
  std::uint16_t port;

  std::string ask(std::string_view text, bool end = false) {
    RawSocket socket(port);
    socket.send(text);
    if (end) socket.end_sending();
    return socket.read_all();
  }
};

/// 0: none.
inline int status_of(const std::string& reply) {
  return reply.starts_with("HTTP/1.1 ") ? std::stoi(reply.substr(9, 3)) : 0;
}

inline const std::string get_close = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

}  // namespace waybill::test::running_server
