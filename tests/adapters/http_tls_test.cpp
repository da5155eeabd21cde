#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/http.h"

namespace waybill::test::http_tls_test {

using waybill::test::Scratch;

namespace {

// Starts `openssl` with its output in `output`.
pid_t start(const std::vector<std::string>& words, int output) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::execvp("openssl", argv.data());
    ::_exit(127);
  }
  return child;
}

// OpenSSL's own test server, with a certificate for "localhost" that nobody signed.
class TlsServer {
 public:
  TlsServer() {
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    const pid_t making =
        start({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
               "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"},
              null);
    ::close(null);
    int status = 0;
    ::waitpid(making, &status, 0);
    BOOST_REQUIRE_MESSAGE(status == 0, "the command openssl is needed for this test");
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    child_ = start({"openssl", "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert",
                    certificate, "-www"},
                   ends[1]);
    ::close(ends[1]);
    port = port_in(ends[0]);
    ::close(ends[0]);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer() {
    if (child_ > 0) ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  Scratch scratch;
  std::string key = scratch / "key.pem";
  std::string certificate = scratch / "certificate.pem";
  std::string port;

 private:
  // From the line "ACCEPT 127.0.0.1:12345".
  static std::string port_in(int output) {
    constexpr std::string_view sign = "ACCEPT 127.0.0.1:";
    std::string line;
    for (char one = 0; ::read(output, &one, 1) == 1;) {
      if (one != '\n')
        line += one;
      else if (line.starts_with(sign))
        return line.substr(sign.size());
      else
        line.clear();
    }
    return {};
  }
  pid_t child_ = -1;
};

std::optional<HttpError::Cause> refusal(const std::string& url, const std::string& ca_file) {
  HttpClient client(url, {.ca_file = ca_file});
  try {
    BOOST_TEST(client.get("/").status == 200);
  } catch (const HttpError& error) {
    return error.cause();
  }
  return std::nullopt;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_https_client)

BOOST_AUTO_TEST_CASE(trusts_the_named_authority_for_the_named_host_and_nothing_else) {
  const TlsServer server;
  BOOST_REQUIRE(!server.port.empty());
  const std::string right = "https://localhost:" + server.port;
  const std::string other_name = "https://127.0.0.1:" + server.port;
  BOOST_TEST(!refusal(right, server.certificate).has_value());
  BOOST_TEST((refusal(right, "") == HttpError::Cause::tls));
  BOOST_TEST((refusal(right, server.key) == HttpError::Cause::tls));
  BOOST_TEST((refusal(right, server.scratch / "missing.pem") == HttpError::Cause::tls));
  BOOST_TEST((refusal(other_name, server.certificate) == HttpError::Cause::tls));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::http_tls_test
