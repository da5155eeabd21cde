#include "tools/codec_server.h"

#include <algorithm>
#include <cctype>

#include "ticket/adapters/listen_address.h"
#include "ticket/adapters/log.h"
#include "ticket/secret.h"
#include "ticket/wire/limits.h"
#include "tools/failure.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

constexpr std::string_view nothing_to_seal_for =
    "Waybill seals an input for one ticket, and here is none: what is typed would lie in the "
    "history in clear, and no worker would take it. Start work with `waybill submit`.";

HttpReply say(int status, std::string_view text) {
  return {status, "text/plain; charset=utf-8", std::string(text) + '\n', {}};
}

// Whatever the port: it may be forwarded.
std::string host_in(std::string_view header) {
  const auto end = header.rfind(':');
  const bool has_port = end != header.npos && header.find(']', end) == header.npos;
  std::string_view host = has_port ? header.substr(0, end) : header;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::string out(host);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// `/decode`, or below one name: tools put the namespace before it.
std::string_view operation_in(std::string_view path) {
  const auto last = path.rfind('/');
  if (last == path.npos) return {};
  const std::string_view before = path.substr(0, last);
  const bool one_name =
      before.empty() || (before.starts_with('/') && is_name(before.substr(1), limits::max_name) &&
                         before.find('/', 1) == before.npos);
  return one_name ? path.substr(last + 1) : std::string_view();
}

bool is_json(std::string_view type) {
  return type == "application/json" || type.starts_with("application/json;");
}

int status_of(const Stop& stop) {
  switch (stop.exit) {
    case Exit::unreachable:
      return 502;
    case Exit::no_credentials:
      return 401;
    default:
      return 500;
  }
}

HttpReply failed(const Stop& stop) {
  const std::string text = stop.sentence + (stop.hint.empty() ? "" : "; " + stop.hint);
  log_warning("decode_failed", {{"why", text}});
  return say(status_of(stop), text);
}

HttpReply bad_form(const Error& error) {
  const int status = error.code == Errc::limit_exceeded ? 413 : 400;
  return say(status, std::string(describe(error.code).sentence) + ": " + error.note);
}

void allow(HttpReply& reply, const std::string& origin, const HttpRequest& request) {
  reply.headers["Access-Control-Allow-Origin"] = origin;
  reply.headers["Access-Control-Allow-Credentials"] = "true";  // no cookie is ever read
  if (request.method != "OPTIONS") return;
  reply.headers["Access-Control-Allow-Methods"] = "POST, OPTIONS";
  reply.headers["Access-Control-Allow-Headers"] = "content-type, x-namespace, authorization";
  if (request.header("Access-Control-Request-Private-Network") == "true") {
    reply.headers["Access-Control-Allow-Private-Network"] = "true";
  }
}

}  // namespace

HttpReply CodecServer::answer(const HttpRequest& request) const noexcept {
  const std::string origin(request.header("Origin"));
  const std::string host = host_in(request.header("Host"));
  if (!is_loopback(host) && host != host_in(options_.host)) {
    log_warning("host_refused", {{"host", host}});
    return say(421, "this is no name of this codec server");
  }
  if (!origin.empty() && !options_.origins.contains(origin)) {
    log_warning("origin_refused", {{"origin", origin}});
    return say(403, "pages of that origin may not read here; see --origin");
  }
  HttpReply reply;
  try {  // the server's one catch
    reply = route(request);
  } catch (const std::exception& error) {
    reply = failed(failure(error));
  }
  if (!origin.empty()) allow(reply, origin, request);
  reply.headers["Vary"] = "Origin";
  reply.headers["Cache-Control"] = "no-store";
  reply.headers["X-Content-Type-Options"] = "nosniff";
  return reply;
}

HttpReply CodecServer::route(const HttpRequest& request) const {
  const std::string_view operation = operation_in(request.path);
  if (operation != "encode" && operation != "decode") return say(404, "no such path");
  if (request.method == "OPTIONS") return {204, {}, {}, {{"Allow", "POST, OPTIONS"}}};
  if (request.method != "POST") {
    HttpReply reply = say(405, "POST alone");
    reply.headers["Allow"] = "POST, OPTIONS";
    return reply;
  }
  if (!has_token(request)) {
    HttpReply reply = say(401, "the token of --token-file is needed, as a bearer token");
    reply.headers["WWW-Authenticate"] = "Bearer";
    return reply;
  }
  if (!is_json(request.header("Content-Type"))) {
    return say(415, "the Content-Type must be application/json");
  }
  if (operation == "decode") return decode(request);
  const auto payloads = CodecPayloads::parse(request.body);
  if (!payloads) return bad_form(payloads.error());
  if (payloads->size() != 0) return say(422, nothing_to_seal_for);
  return {200, "application/json", payloads->print(), {}};
}

bool CodecServer::has_token(const HttpRequest& request) const {
  if (!options_.token) return true;
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view header = request.header("Authorization");
  return header.starts_with(scheme) &&
         same_secret(bytes_of(header.substr(scheme.size())), options_.token->expose());
}

HttpReply CodecServer::decode(const HttpRequest& request) const {
  std::optional<std::string> space;
  if (const std::string_view named = request.header("X-Namespace"); !named.empty()) {
    if (!is_name(named, limits::max_name)) return say(400, "X-Namespace is no namespace");
    space = named;
  }
  auto payloads = CodecPayloads::parse(request.body);
  if (!payloads) return bad_form(payloads.error());
  for (std::size_t i = 0; i < payloads->size(); ++i) {
    if (auto failure = decode_one(*payloads, i, space)) return *std::move(failure);
  }
  return {200, "application/json", payloads->print(), {}};
}

// A refusal of one leaves it as it is: the page shows what everybody sees. Any other trouble ends
// all of it, so that nobody takes it for a refusal.
std::optional<HttpReply> CodecServer::decode_one(CodecPayloads& payloads, std::size_t index,
                                                 const std::optional<std::string>& space) const {
  const auto& sealed = payloads.sealed(index);
  if (!sealed) return std::nullopt;
  const auto clear = open_(*sealed, space);
  if (!clear && clear.error().exit != Exit::refused) return failed(clear.error());
  log_info(clear ? "payload_shown" : "payload_kept_sealed",
           {{"workflow_id", sealed->workflow_id},
            {"payload", name_of(sealed->kind)},
            {"code", clear ? std::string() : clear.error().code}});
  if (clear) payloads.show(index, *clear);
  return std::nullopt;
}

bool is_origin(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == text.npos ||
      (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https"))
    return false;
  const std::string_view rest = text.substr(scheme + 3);
  const auto is_known = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-.:[]").find(c) != std::string_view::npos;
  };
  return !rest.empty() && std::ranges::all_of(rest, is_known);
}

}  // namespace waybill::tools
