#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include <httplib.h>

#include "ticket/adapters/connection.h"
#include "ticket/adapters/http.h"

namespace waybill {
namespace {

constexpr std::string_view unix_scheme = "unix:";

std::unique_ptr<httplib::Client> client_of(const std::string& base_url) {
  if (!base_url.starts_with(unix_scheme)) return std::make_unique<httplib::Client>(base_url);
  auto client = std::make_unique<httplib::Client>(base_url.substr(unix_scheme.size()), 80);
  client->set_address_family(AF_UNIX);
  return client;
}

bool is_unix_path(std::string_view base_url) {
  return base_url.starts_with("unix:/") && base_url.find_first_of("\t\r\n") == base_url.npos;
}

// Why a certificate is not trusted, as OpenSSL says it; empty when it is not about that.
std::string distrust_of(const httplib::Client& client, httplib::Error error) {
  if (error != httplib::Error::SSLServerVerification) return {};
  const long result = client.get_openssl_verify_result();
  if (result == X509_V_OK) return ": its certificate is for another name";
  return std::string(": its certificate is not trusted (") +
         ::X509_verify_cert_error_string(result) + ")";
}

}  // namespace

// Clients of cpp-httplib that are not in use: making one for https reads all authorities.
class HttpClient::Parts {
 public:
  Parts(std::string base_url, Options options)
      : base_url_(std::move(base_url)), options_(std::move(options)) {}
  HttpReply send(httplib::Request& request);

 private:
  std::unique_ptr<httplib::Client> take();
  void give(std::unique_ptr<httplib::Client> client);
  [[noreturn]] void fail(httplib::Error error, const std::string& distrust, bool too_large,
                         Moment late) const;

  const std::string base_url_;
  const Options options_;
  std::mutex lock_;
  std::vector<std::unique_ptr<httplib::Client>> unused_;
};

std::unique_ptr<httplib::Client> HttpClient::Parts::take() {
  {
    const std::scoped_lock guard(lock_);
    if (!unused_.empty()) {
      auto client = std::move(unused_.back());
      unused_.pop_back();
      return client;
    }
  }
  auto client = client_of(base_url_);
  client->set_connection_timeout(options_.connect_time);
  client->set_read_timeout(options_.read_time);
  client->set_write_timeout(options_.write_time);
  client->set_tcp_nodelay(true);
  client->set_keep_alive(options_.keep_alive);
  client->set_decompress(false);  // a small reply must not grow past the limit
  client->set_url_encode(false);
  if (!options_.ca_file.empty()) client->set_ca_cert_path(options_.ca_file);
  return client;
}

void HttpClient::Parts::give(std::unique_ptr<httplib::Client> client) {
  const std::scoped_lock guard(lock_);
  unused_.push_back(std::move(client));
}

void HttpClient::Parts::fail(httplib::Error error, const std::string& distrust, bool too_large,
                             Moment late) const {
  using Cause = HttpError::Cause;
  using httplib::Error;
  const auto say = [&](Cause cause, const std::string& what) {
    throw HttpError(cause, what + " " + base_url_);
  };
  if (too_large) say(Cause::reply_too_large, "too large a reply came from");
  switch (error) {
    case Error::Connection:
    case Error::BindIPAddress:
      say(Cause::cannot_connect, "cannot connect to");
      break;
    case Error::ConnectionTimeout:
      say(Cause::timed_out, "no answer in time to a connection to");
      break;
    case Error::SSLLoadingCerts:
      say(Cause::tls, "the authorities in " + options_.ca_file + " cannot be read, to trust");
      break;
    case Error::SSLConnection:
      say(Cause::tls, "no TLS connection comes about with");
      break;
    case Error::SSLServerVerification:
      throw HttpError(Cause::tls,
                      "cannot make a trusted TLS connection to " + base_url_ + distrust);
    default:
      // cpp-httplib does not tell a silent server from one that hung up; the time does.
      if (moment_after({}) >= late) say(Cause::timed_out, "no reply in time from");
      say(Cause::broken, "the connection broke before the reply was complete, to");
  }
  std::abort();
}

HttpReply HttpClient::Parts::send(httplib::Request& request) {
  std::string body;
  bool too_large = false;
  request.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t,
                                 std::uint64_t total) {
    too_large = std::max<std::uint64_t>(body.size() + size, total) > options_.max_reply_bytes;
    if (!too_large) body.append(bytes, size);
    return !too_large;
  };
  auto client = take();
  const Moment late = moment_after(options_.read_time);
  const auto result = client->send(request);
  if (!result) {  // drops the client
    fail(result.error(), distrust_of(*client, result.error()), too_large, late);
  }
  if (result->status == 426) {
    throw HttpError(HttpError::Cause::tls,
                    base_url_ + " speaks TLS and nothing else: write https:// for http://");
  }
  give(std::move(client));
  HttpReply reply;
  reply.status = result->status;
  reply.content_type = result->get_header_value("Content-Type");
  reply.body = std::move(body);
  reply.headers.insert(result->headers.begin(), result->headers.end());
  return reply;
}

HttpClient::HttpClient(std::string base_url) : HttpClient(std::move(base_url), Options{}) {}

HttpClient::HttpClient(std::string base_url, Options options) : base_url_(std::move(base_url)) {
  if (is_unix_path(base_url_)) {
    parts_ = std::make_unique<Parts>(base_url_, std::move(options));
    return;
  }
  if (base_url_.ends_with('/')) base_url_.pop_back();
  const std::string_view url = base_url_;
  const std::size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  const bool safe = url.find_first_of("/?#@ \t\r\n", scheme) == url.npos && url.size() > scheme;
  if (scheme == 0 || !safe) {
    throw HttpError(HttpError::Cause::cannot_connect,
                    "a server's address is like http://host:port, not " + base_url_);
  }
  parts_ = std::make_unique<Parts>(base_url_, std::move(options));
}

HttpClient::~HttpClient() = default;

HttpReply HttpClient::send(std::string_view method, std::string_view path,
                           std::string_view content_type, std::string body,
                           const HttpHeaders& headers) {
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = std::move(body);
  request.headers.insert(headers.begin(), headers.end());
  if (is_unix_path(base_url_)) request.set_header("Host", "localhost");  // not the path
  if (content_type.empty() && !request.body.empty()) content_type = "application/octet-stream";
  if (!content_type.empty()) request.set_header("Content-Type", std::string(content_type));
  return parts_->send(request);
}

}  // namespace waybill
