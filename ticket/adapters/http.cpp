#include "ticket/adapters/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include <httplib.h>

#include "ticket/adapters/listener.h"

namespace waybill {
namespace {

constexpr std::size_t max_header_bytes = 32 * 1024;  // request line and all headers
constexpr std::size_t max_target_bytes = 4 * 1024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string bare_reply(int status) {
  constexpr std::array<std::pair<int, std::string_view>, 12> reasons{{
      {400, "Bad Request"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {411, "Length Required"},
      {413, "Payload Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {426, "Upgrade Required"},
      {431, "Request Header Fields Too Large"},
      {503, "Service Unavailable"},
  }};
  const auto found = std::ranges::find(reasons, status, &std::pair<int, std::string_view>::first);
  std::string reply = "HTTP/1.1 " + std::to_string(status) + " ";
  reply += found != reasons.end() ? found->second : "Refused";
  if (status == 405) reply += "\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
  if (status == 426) reply += "\r\nUpgrade: TLS/1.3";
  return reply + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

// Thrown through cpp-httplib, whose request cannot be refused in another way before its body.
struct Refused {
  int status;
};

void require(bool condition, int status) {
  if (!condition) throw Refused{status};
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || marks.find(static_cast<char>(c)) != marks.npos;
  });
}

// The length of the body, once it is sure that both ends count alike (RFC 9112 6.3). Nothing that
// cpp-httplib would decode, inflate or cut in parts goes on.
std::size_t checked_length(const httplib::Request& request, std::size_t max_body_bytes) {
  const std::string& method = request.method;
  const bool bodied = method == "POST" || method == "PUT" || method == "PATCH";
  const bool bodiless = method == "GET" || method == "HEAD" || method == "OPTIONS";
  require(bodied || bodiless || method == "DELETE", 405);
  require(request.target.size() <= max_target_bytes, 414);
  for (const auto& [name, value] : request.headers) require(is_token(name), 400);
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  require(!request.has_header("Transfer-Encoding"), lengths > 0 ? 400 : 411);
  require(lengths <= 1, 400);
  require(lengths == 1 || !bodied, 411);
  if (lengths == 0) return 0;
  const std::string text = request.get_header_value("Content-Length");
  require(!text.empty() && text.find_first_not_of("0123456789") == text.npos, 400);
  require(text.size() <= 18, 413);
  const std::size_t length = std::stoull(text);
  require(length <= max_body_bytes, 413);
  require(length == 0 || !bodiless, 400);
  require(!request.has_header("Content-Encoding"), 415);
  require(!request.is_multipart_form_data(), 415);
  return length;
}

// The length of the body as these headers announce it; nothing when they do not, or not rightly.
std::optional<std::size_t> announced_length(std::string_view headers) {
  constexpr std::string_view name = "\ncontent-length:";
  const auto* found = std::search(headers.begin(), headers.end(), name.begin(), name.end(),
                                  [](char a, char b) { return lower(a) == b; });
  if (found == headers.end()) return std::nullopt;
  std::string_view text(found + name.size(), headers.end());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::size_t length = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
  return read.ec == std::errc{} ? std::optional(length) : std::nullopt;
}

// Whether so much of a request has come that its parser finds all it wants, or enough to refuse it.
// Who writes headers so that the parser finds another length than we do is refused: it never waits.
bool is_whole(std::string_view text, std::size_t max_body_bytes) {
  const std::string_view first = text.substr(0, std::min(text.find('\n'), text.size()));
  const bool is_request = first.size() == text.size() || first.find(" HTTP/1.") != first.npos;
  if (!is_request) return true;
  constexpr std::string_view end = "\n\r\n";
  const auto at = text.find(end);
  if (at == text.npos) return text.size() > max_header_bytes;
  const auto length = announced_length(text.substr(0, at));
  return !length || *length > max_body_bytes || text.size() - at - end.size() >= *length;
}

// cpp-httplib's view of a connection.
class ConnectionStream final : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection& connection) : connection_(connection) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* room, std::size_t size) override { return connection_.read(room, size); }
  ssize_t write(const char* text, std::size_t size) override {
    connection_.write({text, size});
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.remote();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  // Not the real one: it is only compared with FD_SETSIZE, which concerns select(), not us.
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  Connection& connection_;
};

// One request on its way through cpp-httplib, on one thread.
struct Exchange {
  std::string path;
  bool answered = false;
};
// The handlers that cpp-httplib calls get nothing of ours, but run on the thread of serve().
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local Exchange* current = nullptr;

HttpRequest request_of(const httplib::Request& from, std::string body) {
  HttpRequest request;
  request.method = from.method;
  request.path = current->path;
  request.query.insert(from.params.begin(), from.params.end());
  request.headers.insert(from.headers.begin(), from.headers.end());
  // cpp-httplib adds these beside what a client sent under the same names.
  for (const char* name : {"REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT"}) {
    request.headers.erase(name);
  }
  request.body = std::move(body);
  request.remote_address = from.remote_addr;
  return request;
}

// cpp-httplib as a parser and printer: sockets and threads are the Listener's.
class Engine final : public httplib::Server {
 public:
  Engine(const HttpServer::Options& options, HttpServer::Handler handler);
  Listener::Next serve(Connection& connection, bool closing);

 private:
  void admit(httplib::Request& request, Connection& connection) const;
  void answer(const httplib::Request& from, httplib::Response& to, std::string body) const;
  Listener::Next answer_whole(Connection& connection, bool closing);
  Listener::Next refuse(Connection& connection, int status);
  Listener::Next secure(Connection& connection);
  bool send(Connection& connection);

  const HttpServer::Options& options_;
  const HttpServer::Handler handler_;
  WaitSlots slow_readers_;
};

Engine::Engine(const HttpServer::Options& options, HttpServer::Handler handler)
    : options_(options),
      handler_(std::move(handler)),
      slow_readers_(std::max<std::size_t>(1, options.max_threads / 2)) {
  set_payload_max_length(options.max_body_bytes);
  set_keep_alive_timeout(std::chrono::ceil<std::chrono::seconds>(options.keep_alive).count());
  const auto plain = [this](const httplib::Request& from, httplib::Response& to) {
    answer(from, to, {});
  };
  const auto bodied = [this](const httplib::Request& from, httplib::Response& to,
                             const httplib::ContentReader& read) {
    std::string body;
    body.reserve(from.get_header_value<std::uint64_t>("Content-Length"));
    const bool all = read([&](const char* bytes, std::size_t size) {
      body.append(bytes, size);
      return true;
    });
    if (all) answer(from, to, std::move(body));
  };
  // Patterns are std::regex, which recurses over each character: they see "/" only.
  Get("/", plain).Options("/", plain).Delete("/", plain);
  Post("/", bodied).Put("/", bodied).Patch("/", bodied).Delete("/", bodied);
}

// Called by cpp-httplib after the headers and before the body.
void Engine::admit(httplib::Request& request, Connection& connection) const {
  connection.allow(checked_length(request, options_.max_body_bytes));
  current->path = std::exchange(request.path, "/");
  request.ranges.clear();                    // a reply is whole
  request.headers.erase("Accept-Encoding");  // and not compressed: its length would tell secrets
}

void Engine::answer(const httplib::Request& from, httplib::Response& to, std::string body) const {
  HttpReply reply;
  try {
    reply = handler_(request_of(from, std::move(body)));
  } catch (const std::exception& failure) {
    reply = {.status = 503};
    if (options_.on_exception) options_.on_exception(failure);
  }
  to.status = reply.status;
  to.body = std::move(reply.body);
  if (!reply.content_type.empty()) to.set_header("Content-Type", reply.content_type);
  for (const auto& [name, value] : reply.headers) to.set_header(name, value);
  current->answered = true;
}

Listener::Next Engine::refuse(Connection& connection, int status) {
  connection.output() = bare_reply(status);
  send(connection);
  return Listener::Next::leave;
}

// Whoever does not take a reply at once holds a thread, so only half of them may be held like that.
bool Engine::send(Connection& connection) {
  if (connection.flush(moment_after({}))) return true;
  const auto slot = slow_readers_.try_take();
  return slot && connection.flush(moment_after(options_.reply_time));
}

bool is_late(const Connection& connection) { return connection.deadline() <= moment_after({}); }

Listener::Next Engine::secure(Connection& connection) {
  const Connection::Handshake shaken = connection.secure();
  if (shaken == Connection::Handshake::unfinished && !is_late(connection)) {
    return Listener::Next::more;
  }
  connection.end();
  if (shaken == Connection::Handshake::done) return Listener::Next::begin;
  if (!connection.met_plain_http()) return Listener::Next::close;
  connection.go_on_in_clear();
  return refuse(connection, 426);
}

// A request that is on its way holds no thread.
Listener::Next Engine::serve(Connection& connection, bool closing) {
  using Gathered = Connection::Gathered;
  if (!connection.has_begun()) {
    connection.begin(moment_after(options_.request_time), max_header_bytes);
  }
  if (!connection.is_secure()) return secure(connection);
  const Gathered gathered = connection.gather(max_header_bytes + options_.max_body_bytes);
  if (gathered == Gathered::more_may_come &&
      !is_whole(connection.unread(), options_.max_body_bytes)) {
    if (closing) return Listener::Next::close;
    return is_late(connection) ? refuse(connection, 408) : Listener::Next::more;
  }
  const Listener::Next next = answer_whole(connection, closing);
  connection.end();
  return next;
}

Listener::Next Engine::answer_whole(Connection& connection, bool closing) {
  Exchange exchange;
  current = &exchange;
  ConnectionStream stream(connection);
  bool closed = closing;
  try {
    const bool good = process_request(
        stream, closing, closed, [&](httplib::Request& request) { admit(request, connection); });
    if (exchange.answered) {
      const bool sent = send(connection);
      return good && sent && !closed ? Listener::Next::keep : Listener::Next::close;
    }
  } catch (const Refused& refused) {
    return refuse(connection, refused.status);
  }
  if (connection.overflowed()) return refuse(connection, 431);
  // cpp-httplib refused it, with "HTTP/1.1 nnn ...", but would go on with the next line as if
  // nothing had happened; or the other end hung up, and there is nothing to say.
  const std::string& output = connection.output();
  if (output.size() < 12) return Listener::Next::close;
  return refuse(connection, (output[9] - '0') * 100 + (output[10] - '0') * 10 + output[11] - '0');
}

}  // namespace

bool HeaderLess::operator()(std::string_view a, std::string_view b) const noexcept {
  return std::ranges::lexicographical_compare(a, b, {}, lower, lower);
}

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view{} : found->second;
}

namespace {

std::shared_ptr<const TlsIdentity> identity_of(const HttpServer::Options& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty()) return nullptr;
  return TlsIdentity::load(options.tls_certificate, options.tls_key);
}

}  // namespace

class HttpServer::Parts {
 public:
  Parts(Options options, Handler handler)
      : options_(std::move(options)),
        engine_(options_, std::move(handler)),
        listener_({.host = options_.host,
                   .port = options_.port,
                   .unix_path = options_.unix_path,
                   .backlog = options_.backlog,
                   .max_threads = options_.max_threads,
                   .max_connections = options_.max_connections,
                   .first_byte = options_.request_time,
                   .keep_alive = options_.keep_alive,
                   .max_wait = options_.max_wait,
                   .max_unfinished_bytes = std::max(Listener::Options{}.max_unfinished_bytes,
                                                    8 * options_.max_body_bytes),
                   .farewell = bare_reply(503),
                   .tls = identity_of(options_)},
                  [this](Connection& connection) {
                    return engine_.serve(connection, listener_.is_stopping());
                  }) {}
  Listener& listener() { return listener_; }
  void renew_certificate() {
    if (auto identity = identity_of(options_)) listener_.renew(std::move(identity));
  }

 private:
  const Options options_;
  Engine engine_;
  Listener listener_;
};

HttpServer::HttpServer(Options options, Handler handler)
    : parts_(std::make_unique<Parts>(std::move(options), std::move(handler))) {}
HttpServer::~HttpServer() { stop(); }
std::uint16_t HttpServer::start() { return parts_->listener().start(); }
void HttpServer::stop() { parts_->listener().stop(); }

void HttpServer::renew_certificate() { parts_->renew_certificate(); }

HttpServer::Counts HttpServer::counts() const {
  const auto counts = parts_->listener().counts();
  return {counts.accepted, counts.turned_away, counts.open, counts.threads};
}

WaitSlots::WaitSlots(std::size_t most)
    : most_(most), used_(std::make_shared<std::atomic<std::size_t>>(0)) {}

std::optional<WaitSlots::Slot> WaitSlots::try_take() {
  if (used_->fetch_add(1) < most_) return Slot(used_);
  used_->fetch_sub(1);
  return std::nullopt;
}

WaitSlots::Slot::Slot(Slot&& other) noexcept : used_(std::move(other.used_)) {}
WaitSlots::Slot::~Slot() {
  if (used_ != nullptr) used_->fetch_sub(1);
}

}  // namespace waybill
