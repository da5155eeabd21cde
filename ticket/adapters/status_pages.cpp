#include "ticket/adapters/status_pages.h"

#include <sys/resource.h>

#include <algorithm>

#include "ticket/adapters/log.h"

namespace waybill {
namespace {

HttpReply text_reply(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body), {{"Cache-Control", "no-store"}}};
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);  // cannot fail for ourselves
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

HttpServer::Options http_options(const ListenAddress& address) {
  HttpServer::Options options;
  options.host = address.host;
  options.port = address.port;
  options.max_body_bytes = 0;
  options.max_threads = 4;
  options.max_connections = 32;
  options.on_exception = [](const std::exception& failure) {
    log_error("status_failed", {{"why", failure.what()}});
  };
  return options;
}

}  // namespace

HttpReply readiness_reply(const Lacks& lacks) {
  if (lacks.empty()) return text_reply(200, "ready\n");
  std::string body;
  for (const std::string& sentence : lacks) body += sentence + "\n";
  return text_reply(503, std::move(body));
}

HttpReply health_reply() { return text_reply(200, "ok\n"); }

HttpReply StatusPages::answer(const HttpRequest& request) const {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (request.path == "/healthz") return reads ? health_reply() : text_reply(405, "");
  if (request.path == "/readyz") return reads ? readiness_reply(lacks()) : text_reply(405, "");
  if (request.path == "/metrics") return reads ? numbers() : text_reply(405, "");
  return text_reply(404, "There are /healthz, /readyz and /metrics.\n");
}

Lacks StatusPages::lacks() const noexcept {
  try {  // what cannot be found out is not right
    return sources_.lacks();
  } catch (const std::exception& failure) {
    log_error("readiness_unknown", {{"why", failure.what()}});
    return {"whether it can serve is not known; the log says why"};
  }
}

HttpReply StatusPages::numbers() const {
  std::vector<Figure> figures = sources_.figures();
  const auto started = static_cast<double>(started_.time_since_epoch().count());
  figures.push_back({"process_start_time_seconds", "When it started, in Unix seconds.", started});
  figures.push_back({"process_cpu_seconds_total", "Processor time, user and system.", cpu_seconds(),
                     Figure::Kind::counter});
  figures.push_back({"waybill_ready", "1 when /readyz says so.", lacks().empty() ? 1.0 : 0.0});
  HttpReply reply = text_reply(200, metrics().text(figures));
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

StatusServer::StatusServer(const ListenAddress& address, const StatusPages& pages)
    : http_(http_options(address),
            [&pages](const HttpRequest& request) { return pages.answer(request); }),
      address_(address) {
  address_.port = http_.start();
  log_info("status_listening", {{"address", address_.text()}});
}

StatusServer::~StatusServer() { http_.stop(); }

}  // namespace waybill
