#include <algorithm>
#include <array>
#include <set>

#include "ticket/adapters/files.h"
#include "ticket/adapters/listen_address.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/shutdown.h"
#include "tools/codec_server.h"
#include "tools/commands.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

constexpr std::size_t least_token = 16;
constexpr const char* usual_place = "127.0.0.1:8234";

struct CodecOptions {
  CommandLine::Text listen, token_file, certificate, key, cache;
  std::vector<std::string> origins;
  TriggerClient::Wanted trigger;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, CodecOptions& options) {
  CommandLine line("waybill codec serve",
                   "Let Temporal's UI and CLI show you the inputs and results that you may see.");
  line.option("--listen", options.listen, "HOST:PORT", "where to listen (127.0.0.1:8234)");
  line.list("--origin", options.origins, "URL",
            "where your Temporal UI is, as https://temporal.example.org; repeatable");
  line.option("--token-file", options.token_file, "FILE",
              "ask for the bearer token that stands in this secret file");
  add_trigger_options(line, options.trigger);
  line.option("--tls-certificate", options.certificate, "FILE", "speak https: certificate, PEM");
  line.option("--tls-key", options.key, "FILE", "and its key");
  add_cache_option(line, options.cache);
  line.note(
      "It runs beside your tickets, as ssh-agent beside your keys, until it is ended. Payloads "
      "that "
      "are\nyours, or that a grant with the action payload:read lets you see, are shown; others "
      "stay "
      "as\nthey are. The KDC records every look. Whoever can connect to it sees what you may see: "
      "on a\nhost that you share, use --token-file. Any other place than loopback wants a token "
      "and "
      "TLS.");
  line.example("waybill codec serve --origin http://localhost:8233")
      .example("temporal workflow show --workflow-id ID --codec-endpoint http://127.0.0.1:8234")
      .example(
          "TEMPORAL_CODEC_AUTH=\"Bearer $(cat token)\" temporal workflow show --workflow-id ID "
          "--codec-endpoint http://127.0.0.1:8234");
  return line.parse(context.ui, arguments);
}

Outcome<HttpServer::Options> where_to_listen(const CodecOptions& options) {
  const std::string text = options.listen.value_or(usual_place);
  const auto address = ListenAddress::parse(text);
  if (!address) return wrong_usage("`" + escaped(text) + "` is not HOST:PORT");
  if (options.certificate.has_value() != options.key.has_value()) {
    return wrong_usage("--tls-certificate and --tls-key go together");
  }
  if (address->is_every_address()) {
    return wrong_usage("--listen wants one address", "it answers to no name but that one");
  }
  if (!is_loopback(address->host) && !(options.token_file && options.key)) {
    return wrong_usage("outside loopback it wants --token-file, --tls-certificate and --tls-key",
                       "whoever can connect to it sees what you may see");
  }
  HttpServer::Options http;
  http.host = address->host;
  http.port = address->port;
  http.max_body_bytes = CodecPayloads::max_bytes;
  http.max_threads = 16;
  http.max_connections = 64;
  http.tls_certificate = options.certificate.value_or("");
  http.tls_key = options.key.value_or("");
  return http;
}

Outcome<std::optional<SecretBytes>> read_token(const CodecOptions& options) {
  if (!options.token_file) return std::optional<SecretBytes>();
  SecretBytes file = read_secret_file(*options.token_file);
  std::string_view text = text_of(file.expose());
  while (text.ends_with('\n')) text.remove_suffix(1);
  const bool is_printable =
      std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '%'; });
  if (text.size() < least_token || !is_printable) {
    return Stop(Exit::local, *options.token_file + " holds no token",
                "one line of 16 characters or more, as `openssl rand -hex 32` prints");
  }
  file.shrink(text.size());
  return std::optional(std::move(file));
}

Outcome<std::set<std::string>> read_origins(const CodecOptions& options) {
  for (const std::string& origin : options.origins) {
    if (is_origin(origin)) continue;
    return wrong_usage("`" + escaped(origin) + "` is not an origin",
                       "as https://temporal.example.org, or http://localhost:8233: no path");
  }
  return std::set<std::string>(options.origins.begin(), options.origins.end());
}

Outcome<Done> serve_main(Context& context, const Arguments& arguments) {
  CodecOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(http, where_to_listen(options));
  TRY(origins, read_origins(options));
  TRY(token, read_token(options));
  Shutdown shutdown;
  // The cache is read for each payload: whoever logs in again need not start this again.
  const auto open = [&](const SealedAs& sealed,
                        const std::optional<std::string>& space) -> Outcome<Buffer> {
    TRY(session, Session::open(context, options.cache));
    CHECK_OK(session->tgt());
    TRY(trigger, TriggerClient::reach(*session, options.trigger));
    return trigger->open_payload(sealed, space);
  };
  const CodecServer codec({http.host, std::move(origins), std::move(token)}, open);
  HttpServer server(http, [&](const HttpRequest& request) { return codec.answer(request); });
  const ListenAddress bound{http.host, server.start()};
  log_info("listening", {{"address", bound.text()}});
  shutdown.wait();
  server.stop();
  log_info("ended");
  return done();
}

constexpr std::array codec_commands{
    Subcommand{"serve", serve_main, "show Temporal's UI and CLI what you may see"}};

}  // namespace

Outcome<Done> codec_main(Context& context, const Arguments& arguments) {
  return dispatch(context, codec_commands, "waybill codec", arguments);
}

}  // namespace waybill::tools
