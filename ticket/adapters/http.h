#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ticket/wire/bytes.h"

/// HTTP/1.1 for daemons and their clients, on cpp-httplib; no type of it shows here.
namespace waybill {

/// Compares header names without regard to case.
struct HeaderLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept;
};
using HttpHeaders = std::map<std::string, std::string, HeaderLess>;

struct HttpRequest {
  std::string method;                        // GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS
  std::string path;                          // percent-decoded, without the query
  std::map<std::string, std::string> query;  // decoded; of a repeated name the first
  /// Of a repeated name the first. Values come percent-decoded (cpp-httplib does that), so a value
  /// may hold any byte.
  HttpHeaders headers;
  std::string body;  // as sent: never decoded, at most max_body_bytes
  /// The address of the other end of the socket. Never from a header, and never an identity.
  std::string remote_address;

  /// Empty when it is missing.
  std::string_view header(std::string_view name) const;
  Bytes body_bytes() const { return bytes_of(body); }
};

struct HttpReply {
  int status = 200;
  std::string content_type{};  // none is sent when empty
  std::string body{};
  HttpHeaders headers{};  // besides Content-Type, Content-Length and Connection
};

/// The network failed, or the other end did not speak HTTP. `what()` is one sentence.
class HttpError : public std::runtime_error {
 public:
  enum class Cause { cannot_listen, cannot_connect, timed_out, tls, reply_too_large, broken };

  HttpError(Cause cause, const std::string& sentence)
      : std::runtime_error(sentence), cause_(cause) {}
  Cause cause() const noexcept { return cause_; }

 private:
  Cause cause_;
};

/// A server of one handler: which paths exist and who may call them is a table elsewhere.
///
/// Threads. A connection holds a thread of an elastic pool only from the moment at which its
/// request has come whole to the last byte of the reply; idle ones cost a descriptor, unfinished
/// requests and handshakes also the memory for what has come of them: 64 MiB in all (of servers
/// that take large bodies, eight of these), beyond which the oldest are dropped. At most
/// `max_threads` requests are under way; further ones wait for a thread up to `max_wait` and get
/// 503 then. A connection beyond `max_connections` takes the place of the one that was idle
/// longest, or gets 503 at once. A handler that waits (a long poll) holds its thread: bound those
/// with WaitSlots to fewer than `max_threads`, so that the rest serves everybody else. With 64
/// threads, 48 workers may poll for 30 s each and 16 threads remain, which two cores cannot exhaust
/// with short requests. Replies that their readers do not take hold half of the threads at most;
/// beyond, such a connection is closed.
///
/// Answered here, without the handler: 400 (bad framing or headers), 405 (method), 408 (the request
/// took longer than `request_time`), 411 (a body without Content-Length: chunked bodies are not
/// taken), 413, 414 and 431 (sizes), 415 (Content-Encoding or multipart), 416 (a bad Range; good
/// ones are ignored), 426 (http where https is spoken), 503 (no thread). All of these have an empty
/// body and close the connection.
///
/// With TLS the handshake takes at most `request_time` from its first byte on.
class HttpServer {
 public:
  /// Called by many threads at once. Refusals are replies; an exception is the environment failing:
  /// it is handed to `on_exception` and becomes 503 with an empty body.
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  struct Options {
    std::string host = "127.0.0.1";  // an address or a name; "::" and "0.0.0.0" are all addresses
    std::uint16_t port = 0;          // 0: any free one
    /// Instead of both: a socket in the file system, mode 0600, for this user and root alone. One
    /// that a killed process left is replaced; the end of the server removes it.
    std::string unix_path{};
    std::size_t max_body_bytes = 64 * 1024;
    std::chrono::milliseconds request_time = std::chrono::seconds(10);  // first byte to last byte
    std::chrono::milliseconds reply_time = std::chrono::seconds(10);    // for the reply to leave
    std::chrono::milliseconds keep_alive = std::chrono::seconds(1);     // idle between requests
    std::size_t max_threads = 64;
    std::size_t max_connections = 512;  // below the process's limit of descriptors
    std::chrono::milliseconds max_wait = std::chrono::seconds(5);  // for a thread
    int backlog = 1024;  // connections the system holds before we accept them
    /// PEM files (TlsIdentity::load): both, and https is spoken and nothing else; or none.
    std::string tls_certificate{};
    std::string tls_key{};
    /// For the log: what the handler threw. Called by the thread that served.
    std::function<void(const std::exception&)> on_exception{};
  };
  struct Counts {
    std::uint64_t accepted = 0;     // connections
    std::uint64_t turned_away = 0;  // got 503: no thread, or too many connections
    std::size_t open = 0;           // connections now
    std::size_t threads = 0;        // started so far; they stay
  };

  /// Throws FileError when the files for TLS are not right.
  HttpServer(Options options, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // stop()

  /// Binds, listens and starts to serve; returns the bound port. Once. Throws HttpError
  /// (cannot_listen) with the address in the sentence, for example when the port is in use.
  std::uint16_t start();
  /// Stops accepting, closes idle connections, lets running handlers finish and their replies
  /// leave, and returns when all threads are gone; a request that has not come whole is dropped.
  /// Handlers that wait must have been told to end before. May be called twice, but not from a
  /// handler.
  void stop();

  /// Reads the files for TLS again; connections that come from now on get what they hold. Throws
  /// FileError when they are not right: then nothing has changed. Nothing without TLS.
  void renew_certificate();

  Counts counts() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

/// How many handlers may wait at the same time. A long poll takes a slot for as long as it waits
/// and answers at once when there is none.
class WaitSlots {
 public:
  class Slot {
   public:
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&&) = delete;
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot();

   private:
    friend class WaitSlots;
    explicit Slot(std::shared_ptr<std::atomic<std::size_t>> used) : used_(std::move(used)) {}
    std::shared_ptr<std::atomic<std::size_t>> used_;
  };

  explicit WaitSlots(std::size_t most);
  std::optional<Slot> try_take();

 private:
  std::size_t most_;
  std::shared_ptr<std::atomic<std::size_t>> used_;
};

/// A client of one server. Thread-safe: exchanges of different threads run side by side, each on a
/// connection of its own, which is closed after the reply (about 100 µs on loopback); a kept
/// connection would hold a thread of the server.
class HttpClient {
 public:
  struct Options {
    std::chrono::milliseconds connect_time = std::chrono::seconds(5);
    /// For each wait on the server, not for the whole exchange; above the duration of a long poll.
    std::chrono::milliseconds read_time = std::chrono::seconds(10);
    std::chrono::milliseconds write_time = std::chrono::seconds(10);
    std::size_t max_reply_bytes = 1024 * 1024;
    /// PEM file of the authorities to trust for https; the system's when empty. The server's name
    /// (or address, when the URL has one) is always checked against its certificate.
    std::string ca_file{};
    /// Keeps one connection per concurrent exchange for the next one. Only for requests that may
    /// be repeated: a server may close a kept connection just as a request is sent (`broken`).
    bool keep_alive = false;
  };

  /// `base_url` is `http://host:port` or `https://host:port`, without a path, or `unix:/path` of a
  /// socket in the file system. Throws HttpError (cannot_connect) when it has another shape.
  explicit HttpClient(std::string base_url);
  HttpClient(std::string base_url, Options options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// One exchange. `path` begins with '/', is percent-encoded and may carry a query. Any status is
  /// a reply; HttpError when there was none. A body without a `content_type` is sent as
  /// application/octet-stream. Redirects are not followed, nothing is retried.
  HttpReply send(std::string_view method, std::string_view path, std::string_view content_type = {},
                 std::string body = {}, const HttpHeaders& headers = {});
  HttpReply get(std::string_view path) { return send("GET", path); }

  const std::string& base_url() const noexcept { return base_url_; }

 private:
  class Parts;
  std::string base_url_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace waybill
