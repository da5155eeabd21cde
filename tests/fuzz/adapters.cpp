// ticket/adapters: bytes as text, addresses, the realm file, and HTTP as it comes over a socket.

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "tests/adapters/raw_socket.h"
#include "tests/adapters/scratch.h"
#include "tests/fuzz/target.h"
#include "ticket/adapters/base64.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"
#include "ticket/adapters/listen_address.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/realm_file.h"
#include "ticket/wire/codec.h"

namespace waybill::test::fuzz {
namespace {

void read_base64(Bytes input) {
  const std::string_view words = text_of(input);
  const auto one = from_base64(words);
  if (one) require(to_base64(*one) == words, "base64 has one text for each value");
  const auto other = from_base64url(words);
  if (other) require(to_base64url(*other) == words, "base64url has one text for each value");
  require(*from_base64(to_base64(input)) == copy_of(input), "bytes come back from base64");
  require(*from_base64url(to_base64url(input)) == copy_of(input), "bytes come back from base64url");
}

void read_address(Bytes input) {
  const auto address = ListenAddress::parse(text_of(input));
  if (!address) return;
  const auto again = ListenAddress::parse(address->text());
  require(again && again->host == address->host && again->port == address->port,
          "an address is read as it is written");
}

void read_realm_file(Bytes input) {
  static const Scratch scratch;
  const auto path = scratch / "realm.toml", printed = scratch / "printed.toml";
  write_file_atomic(path, input, 0644);
  try {
    const RealmFile file = RealmFile::load(path);
    require(!file.kdcs.empty(), "a realm has a KDC");
    write_file_atomic(printed, bytes_of(file.print()), 0644);
    const RealmFile again = RealmFile::load(printed);
    require(again.realm == file.realm && again.kdcs == file.kdcs && again.root == file.root &&
                again.feed == file.feed && again.tls_ca == file.tls_ca,
            "a realm file is read as it is printed");
  } catch (const FileError& error) {
    require(std::string_view(error.what()).find("realm.toml") != std::string_view::npos,
            "a refusal names the file that was refused");
  }
}

// Other people's bytes in the log and in help texts.
void write_lines(Bytes input) {
  const std::string_view words = text_of(input);
  const std::string plain = format_log_line(false, "seen", {{"words", words}, {"n", 7}});
  require(is_utf8(plain) &&
              std::ranges::none_of(plain, [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
          "a line of the log is one line of text");
  const auto line = nlohmann::json::parse(
      "{" + format_log_line(true, "seen", {{"words", words}, {"n", 7}}) + "}", nullptr, false);
  require(line.is_object() && line.size() == 3 && line.at("n") == 7,
          "a line of the log in JSON is an object with its fields");
  const auto told = line.at("words").get<std::string>();
  require(!is_utf8(words) || told == words || (told.ends_with("...") && words.size() > 200),
          "a text comes out of the log as it went in, or cut");
}

/// A server that says what it was asked, on a socket in the file system: of ports a fuzzer would
/// soon have used up all.
class Echo {
 public:
  Echo() : server_(options(path_), answer) { server_.start(); }
  const std::string& path() const { return path_; }

 private:
  static HttpServer::Options options(const std::string& path) {
    HttpServer::Options out;
    out.unix_path = path;
    out.max_body_bytes = 1024;
    out.max_threads = 2;
    return out;
  }
  static HttpReply answer(const HttpRequest& request) {
    static constexpr std::string_view methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                                   "PATCH", "DELETE", "OPTIONS"};
    require(std::ranges::count(methods, request.method) == 1, "a method is one of seven");
    require(request.body.size() <= 1024, "a body has its limit");
    require(request.remote_address == "unix", "the other end is the socket's");
    return {200, "text/plain", request.method == "HEAD" ? "" : request.path, {}};
  }
  const Scratch scratch_;
  const std::string path_ = (scratch_ / "echo").string();
  HttpServer server_;
};

// Whole replies, one behind the other, and nothing else. Only HEAD's has no body, and here it has
// none to tell of.
bool are_replies(std::string_view said) {
  static constexpr std::string_view statuses[] = {"100", "200", "400", "405", "408", "411",
                                                  "413", "414", "415", "416", "431", "503"};
  constexpr std::string_view length_name = "\r\nContent-Length: ";
  while (!said.empty()) {
    const auto end = said.find("\r\n\r\n");
    if (end == said.npos || !said.starts_with("HTTP/1.1 ")) return false;
    const std::string_view head = said.substr(0, end + 2);
    if (std::ranges::count(statuses, head.substr(9, 3)) != 1) return false;
    said.remove_prefix(end + 4);
    const auto at = head.find(length_name);
    std::size_t length = 0;
    if (at != head.npos) {
      std::from_chars(head.data() + at + length_name.size(), head.data() + head.size(), length);
    }
    if (length > said.size()) return false;
    said.remove_prefix(length);
  }
  return true;
}

void speak_http(Bytes input) {
  static const Echo echo;
  RawSocket socket(echo.path());
  socket.send(text_of(input));
  socket.end_sending();
  const std::string said = socket.read_all(15'000);
  require(said.find("(still open)") == said.npos,
          "a connection whose other end is silent is closed");
  require(are_replies(said), "what is answered is whole replies of HTTP");
}

}  // namespace

Targets targets() {
  return {
      {"base64",
       [] {
         return std::vector<Buffer>{text("AAEC"), text("AA=="), text("_-8"), text("/+8=")};
       },
       read_base64},
      {"an_address",
       [] {
         return std::vector<Buffer>{text("127.0.0.1:8088"), text("[::1]:0"), text("a.b:1")};
       },
       read_address},
      {"realm_toml",
       [] {
         const std::string key(64, 'a');
         return std::vector<Buffer>{
             text("realm = \"DEMO.TEST\"\nkdc = [\"http://127.0.0.1:8088\"]\nroot_key = \"" + key +
                  "\"\nfeed = [\"https://cdn.example/feed\"]\ntls_ca = \"ca.pem\"\n")};
       },
       read_realm_file},
      {"a_line_of_the_log",
       [] {
         return std::vector<Buffer>{text("carol@DEMO.TEST"), text("a \"b\" \\ c=d\n\x1b[2J"),
                                    text("\xc3\xa4\xe2\x80\xae\xff")};
       },
       write_lines},
      {"http_over_a_socket",
       [] {
         return std::vector<Buffer>{
             text("GET /a%20b?c=d%26&e=+&c=2 HTTP/1.1\r\nHost: a\r\nX-Y: z%41\r\n\r\n"),
             text("POST /v1/call HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
             text("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
             text("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.1\r\n\r\n"),
             text("PUT / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx"),
             text("GET / HTTP/1.1\r\nRange: bytes=0-1\r\n\r\n")};
       },
       speak_http},
  };
}

}  // namespace waybill::test::fuzz
