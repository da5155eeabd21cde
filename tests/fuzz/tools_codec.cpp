// The codec server: Temporal's payloads as JSON, and who may ask.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/fuzz/door_targets.h"
#include "tests/fuzz/plan.h"
#include "ticket/adapters/base64.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/temporal_work.h"
#include "tools/codec_server.h"

namespace waybill::test::fuzz {
namespace {

using nlohmann::json;
using namespace tools;

std::string base64(std::string_view words) { return to_base64(bytes_of(words)); }

std::string some_payloads() {
  const json sealed{{"metadata",
                     {{"encoding", base64(temporal::input_encoding)},
                      {std::string(temporal::work_label), base64("invoice-report-1")}}},
                    {"data", "AAEC"}};
  const json plain{{"metadata", {{"encoding", base64("json/plain")}}}, {"data", base64("7")}};
  return json{{"payloads", json::array({sealed, plain})}}.dump();
}

void read_payloads(Bytes input) {
  auto payloads = CodecPayloads::parse(text_of(input));
  if (!payloads) return;
  require(payloads->size() <= CodecPayloads::max_payloads, "payloads have their limit");
  const std::string printed = payloads->print();
  const auto again = CodecPayloads::parse(printed);
  require(again && again->print() == printed, "what was not shown is as it came");
  const Buffer clear = copy_of(input.first(std::min<std::size_t>(input.size(), 40)));
  for (std::size_t i = 0; i < payloads->size(); ++i) {
    if (payloads->sealed(i)) payloads->show(i, clear);
  }
  require(bool(CodecPayloads::parse(payloads->print())), "what is shown is payloads again");
}

struct QuietLog {
  QuietLog() { set_log_form(LogForm::text, LogLevel::error); }
};

SecretBytes the_token() {
  SecretBytes token(5);
  std::ranges::copy(bytes_of("token"), token.writable().begin());
  return token;
}

void ask(Bytes input) {
  static const QuietLog quiet;
  static int opened = 0;
  static const CodecServer server(
      {"127.0.0.1", {"http://localhost:8233"}, the_token()},
      [](const SealedAs&, const std::optional<std::string>&) -> tools::Outcome<Buffer> {
        ++opened;
        return text("clear");
      });
  Plan plan(input);
  static constexpr std::string_view methods[] = {"POST", "OPTIONS", "GET"};
  static constexpr std::string_view paths[] = {"/decode", "/encode", "/default/decode",
                                               "/a/b/decode"};
  static constexpr std::string_view hosts[] = {"127.0.0.1:8234", "localhost", "[::1]:1",
                                               "evil.example"};
  static constexpr std::string_view origins[] = {"http://localhost:8233", "http://evil.example",
                                                 ""};
  HttpRequest request;
  request.method = plan.one_of(methods);
  request.path = plan.one_of(paths);
  request.headers["Host"] = plan.yes() ? plan.text(20) : std::string(plan.one_of(hosts));
  request.headers["Origin"] = plan.yes() ? plan.text(30) : std::string(plan.one_of(origins));
  request.headers["Authorization"] = plan.yes() ? "Bearer token" : plan.text(20);
  request.headers["Content-Type"] = "application/json";
  if (plan.yes()) request.headers["X-Namespace"] = plan.text(10);
  request.body = plan.yes() ? some_payloads() : std::string(text_of(plan.rest()));
  const int before = opened;
  const HttpReply reply = server.answer(request);
  static constexpr int statuses[] = {200, 204, 400, 401, 403, 404, 405, 413, 415, 421, 422};
  require(std::ranges::count(statuses, reply.status) == 1, "an answer has one of the statuses");
  require(reply.status != 200 || CodecPayloads::parse(reply.body), "an answer is payloads");
  require(opened == before ||
              (request.header("Authorization") == "Bearer token" && request.method == "POST"),
          "nothing is opened without the token");
  const auto allowed = reply.headers.find("Access-Control-Allow-Origin");
  require(allowed == reply.headers.end() || allowed->second == "http://localhost:8233",
          "no other page may read an answer");
  require(reply.status != 200 || opened == before || request.header("Origin").empty() ||
              request.header("Origin") == "http://localhost:8233",
          "nothing is opened for a page that was not named");
}

}  // namespace

Targets codec_targets() {
  return {{"payloads_of_a_codec_server",
           [] {
             return std::vector<Buffer>{text(some_payloads()), text("{}")};
           },
           read_payloads},
          {"requests_at_the_codec_server", some_plans, ask}};
}

}  // namespace waybill::test::fuzz
