#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/outcome.h"
#include "ticket/adapters/base64.h"
#include "tools/codec_server.h"

namespace waybill::test::codec_test {
namespace {

using namespace tools;
using Json = nlohmann::ordered_json;

std::string b64(std::string_view text) { return to_base64(bytes_of(text)); }

Json payload(std::string_view encoding, std::string_view data, std::string_view workflow = {}) {
  Json metadata{{"encoding", b64(encoding)}};
  if (!workflow.empty()) metadata["waybill-workflow"] = b64(workflow);
  return {{"metadata", std::move(metadata)}, {"data", b64(data)}};
}
Json message(std::initializer_list<Json> payloads) {
  return {{"payloads", Json(std::vector<Json>(payloads))}};
}

const Json an_input = payload("binary/waybill-input", "sealed", "w-1");
const Json a_result = payload("binary/waybill-result", "sealed too", "w-1");
const Json plain = payload("json/plain", "{\"a\": 1}");

struct Row {
  const char* name;
  std::string body;
  Outcome expect;
};

std::string deep(std::size_t levels) {
  return R"({"payloads":[{"externalPayloads":)" + std::string(levels, '[') +
         std::string(levels, ']') + "}]}";
}

const std::vector<Row>& forms() {
  static const std::vector<Row> rows{
      {"no payload", R"({"payloads":[]})", accepted},
      {"nothing at all", "{}", accepted},
      {"null for a list", R"({"payloads":null})", accepted},
      {"null for metadata and data", R"({"payloads":[{"metadata":null,"data":null}]})", accepted},
      {"an empty payload", R"({"payloads":[{}]})", accepted},
      {"base64 for URLs, without padding", R"({"payloads":[{"data":"_-8"}]})", accepted},
      {"external payloads", R"({"payloads":[{"externalPayloads":[{"sizeBytes":"3"}]}]})", accepted},
      {"just deep enough", deep(5), accepted},
      {"no JSON", "payloads", Errc::malformed},
      {"nothing sent", "", Errc::malformed},
      {"two messages", "{}{}", Errc::malformed},
      {"a byte order mark", "\xEF\xBB\xBF{}", Errc::malformed},
      {"a zero byte after it", std::string("{}\0", 3), Errc::malformed},
      {"a list", "[]", Errc::malformed},
      {"another member", R"({"payloads":[],"more":1})", Errc::malformed},
      {"payloads twice", R"({"payloads":[],"payloads":[]})", Errc::malformed},
      {"metadata twice", R"({"payloads":[{"metadata":{"a":"","a":""}}]})", Errc::malformed},
      {"one payload, and no list", R"({"payloads":{}})", Errc::malformed},
      {"null for a payload", R"({"payloads":[null]})", Errc::malformed},
      {"another member of a payload", R"({"payloads":[{"headers":{}}]})", Errc::malformed},
      {"metadata as a list", R"({"payloads":[{"metadata":[]}]})", Errc::malformed},
      {"metadata in clear", R"({"payloads":[{"metadata":{"encoding":"json/plain!"}}]})",
       Errc::malformed},
      {"a number for metadata", R"({"payloads":[{"metadata":{"encoding":1}}]})", Errc::malformed},
      {"data that is no base64", R"({"payloads":[{"data":"a"}]})", Errc::malformed},
      {"data as an object", R"({"payloads":[{"data":{}}]})", Errc::malformed},
      {"too deep", deep(6), Errc::limit_exceeded},
      {"far too deep", deep(100'000), Errc::limit_exceeded},
  };
  return rows;
}

std::string many(std::size_t count) {
  std::string all = R"({"payloads":[{})";
  for (std::size_t i = 1; i < count; ++i) all += ",{}";
  return all + "]}";
}

/// A server that is reached, and what it asks for.
struct Reached {
  std::vector<std::string> opened;
  std::optional<std::string> space;
  tools::Outcome<Buffer> gives = copy_of(bytes_of("clear"));
  CodecServer server{
      {"127.0.0.1", {"https://ui.example.org"}},
      [this](const SealedAs& sealed, const std::optional<std::string>& in) {
        opened.push_back(sealed.workflow_id + ' ' + std::string(name_of(sealed.kind)));
        space = in;
        return gives;
      }};

  static HttpRequest post(const std::string& path, const std::string& body) {
    return {"POST", path,
            {},     {{"Host", "127.0.0.1:8234"}, {"Content-Type", "application/json"}},
            body,   "127.0.0.1"};
  }
  HttpReply decode(const Json& body) { return server.answer(post("/decode", body.dump())); }
};

std::string text_in(const Json& payload, const char* name) {
  const Json& value =
      std::string_view(name) == "data" ? payload.at("data") : payload.at("metadata").at(name);
  return std::string(text_of(*from_base64(value.get<std::string>())));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(payloads_in_json)

BOOST_AUTO_TEST_CASE(have_the_form_that_protobuf_gives_them) {
  for (const Row& row : forms()) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(outcome(CodecPayloads::parse(row.body)) == row.expect);
    }
  }
}

BOOST_AUTO_TEST_CASE(are_not_too_many) {
  BOOST_TEST(outcome(CodecPayloads::parse(many(256))) == accepted);
  BOOST_TEST(outcome(CodecPayloads::parse(many(257))) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(come_back_as_they_came) {
  const Json body = message({plain, an_input, payload("binary/null", ""), Json::object()});
  BOOST_TEST(CodecPayloads::parse(body.dump())->print() == body.dump());
}

BOOST_AUTO_TEST_CASE(are_ours_by_encoding_and_label) {
  const auto is_ours = [](const Json& one) {
    return CodecPayloads::parse(message({one}).dump())->sealed(0).has_value();
  };
  BOOST_TEST(is_ours(an_input));
  BOOST_TEST(is_ours(a_result));
  BOOST_TEST(!is_ours(plain));
  BOOST_TEST(!is_ours(payload("binary/waybill-ticket", "t", "w-1")));
  BOOST_TEST(!is_ours(payload("binary/waybill-input", "sealed")));
  BOOST_TEST(!is_ours(payload("binary/waybill-input", "sealed", "no name")));
  BOOST_TEST(!is_ours(payload("binary/waybill-input", "sealed", std::string(201, 'w'))));
  BOOST_TEST(!is_ours({{"metadata", an_input.at("metadata")}}));
}

BOOST_AUTO_TEST_CASE(are_shown_as_what_they_are) {
  struct Shown {
    std::string clear, encoding, data;
  };
  const Shown rows[] = {
      {"{\"b\": 1, \"a\":2}", "json/plain", "{\"b\": 1, \"a\":2}"},
      {"number,amount\n1,\"x\"\n", "json/plain", R"("number,amount\n1,\"x\"\n")"},
      {"", "json/plain", R"("")"},
      {"\x01\x02", "binary/plain", "\x01\x02"},
      {"\xff", "binary/plain", "\xff"},
      {std::string(101, '[') + std::string(101, ']'), "json/plain",
       '"' + std::string(101, '[') + std::string(101, ']') + '"'},
  };
  for (const Shown& row : rows) {
    auto payloads = *CodecPayloads::parse(message({an_input, plain}).dump());
    payloads.show(0, bytes_of(row.clear));
    const Json out = Json::parse(payloads.print()).at("payloads");
    BOOST_TEST(text_in(out[0], "encoding") == row.encoding);
    BOOST_TEST(text_in(out[0], "data") == row.data);
    BOOST_TEST(text_in(out[0], "waybill-workflow") == "w-1");
    BOOST_TEST(out[1] == plain);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_codec_server, Reached)

BOOST_AUTO_TEST_CASE(shows_what_opens_and_nothing_else) {
  HttpRequest request = post("/default/decode", message({an_input, plain, a_result}).dump());
  request.headers["X-Namespace"] = "default";
  const HttpReply reply = server.answer(request);
  BOOST_TEST(reply.status == 200);
  const Json out = Json::parse(reply.body).at("payloads");
  BOOST_TEST(text_in(out[0], "data") == "\"clear\"");
  BOOST_TEST(out[1] == plain);
  BOOST_TEST(text_in(out[2], "data") == "\"clear\"");
  BOOST_TEST(opened == (std::vector<std::string>{"w-1 input", "w-1 result"}));
  BOOST_TEST(space.value() == "default");
}

BOOST_AUTO_TEST_CASE(leaves_what_is_refused_as_it_came) {
  gives = Stop(Error{Errc::grant_missing});
  const Json body = message({an_input, plain});
  const HttpReply reply = decode(body);
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == body.dump());
}

BOOST_AUTO_TEST_CASE(does_not_take_trouble_for_a_refusal) {
  gives = Stop(Exit::no_credentials, "the ticket of carol ended", "run `waybill init`");
  HttpReply reply = decode(message({plain, an_input}));
  BOOST_TEST(reply.status == 401);
  BOOST_TEST(reply.body == "the ticket of carol ended; run `waybill init`\n");
  gives = Stop(Exit::unreachable, "no trigger");
  BOOST_TEST(decode(message({an_input})).status == 502);
  gives = Stop(Exit::local, "no realm file");
  BOOST_TEST(decode(message({an_input})).status == 500);
  BOOST_TEST(decode(message({plain})).status == 200);
}

BOOST_AUTO_TEST_CASE(seals_nothing_that_somebody_typed) {
  for (const Json& one : {plain, an_input}) {
    const HttpReply reply = server.answer(post("/encode", message({one}).dump()));
    BOOST_TEST(reply.status == 422);
    BOOST_TEST(reply.body.find("waybill submit") != std::string::npos);
  }
  BOOST_TEST(server.answer(post("/encode", "{}")).status == 200);
  BOOST_TEST(server.answer(post("/encode", "[]")).status == 400);
}

BOOST_AUTO_TEST_CASE(answers_pages_of_the_origins_that_were_named) {
  HttpRequest request = post("/decode", message({an_input}).dump());
  request.headers["Origin"] = "https://ui.example.org";
  HttpReply reply = server.answer(request);
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.headers.at("Access-Control-Allow-Origin") == "https://ui.example.org");
  BOOST_TEST(reply.headers.at("Vary") == "Origin");
  gives = Stop(Exit::unreachable, "no trigger");
  reply = server.answer(request);
  BOOST_TEST(reply.status == 502);  // and the page may read why
  BOOST_TEST(reply.headers.contains("Access-Control-Allow-Origin"));
  opened.clear();
  for (const char* origin : {"https://ui.example.org.evil.org", "http://ui.example.org", "null",
                             "https://ui.example.org:444", "*", "https://UI.example.org"}) {
    request.headers["Origin"] = origin;
    reply = server.answer(request);
    BOOST_TEST(reply.status == 403, origin);
    BOOST_TEST(!reply.headers.contains("Access-Control-Allow-Origin"));
  }
  BOOST_TEST(opened.empty());
}

BOOST_AUTO_TEST_CASE(tells_a_browser_before_what_it_may_send) {
  HttpRequest request{"OPTIONS", "/decode", {}, {{"Host", "localhost:8234"}}, {}, {}};
  BOOST_TEST(server.answer(request).status == 204);
  BOOST_TEST(!server.answer(request).headers.contains("Access-Control-Allow-Origin"));
  request.headers["Origin"] = "https://ui.example.org";
  request.headers["Access-Control-Request-Private-Network"] = "true";
  const HttpReply reply = server.answer(request);
  BOOST_TEST(reply.status == 204);
  BOOST_TEST(reply.headers.at("Access-Control-Allow-Origin") == "https://ui.example.org");
  BOOST_TEST(reply.headers.at("Access-Control-Allow-Methods") == "POST, OPTIONS");
  BOOST_TEST(reply.headers.at("Access-Control-Allow-Headers") ==
             "content-type, x-namespace, authorization");
  BOOST_TEST(reply.headers.at("Access-Control-Allow-Private-Network") == "true");
  request.headers["Origin"] = "https://evil.example.org";
  BOOST_TEST(server.answer(request).status == 403);
  BOOST_TEST(server.answer(request).headers.empty());
}

BOOST_AUTO_TEST_CASE(answers_to_names_of_this_host_alone) {
  HttpRequest request = post("/decode", message({an_input}).dump());
  for (const char* host : {"localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8234", "127.0.0.9:80"}) {
    request.headers["Host"] = host;
    BOOST_TEST(server.answer(request).status == 200, host);
  }
  opened.clear();
  for (const char* host : {"", "evil.example.org", "evil.example.org:8234", "127.0.0.1.evil.org",
                           "localhost.evil.org:8234", "10.0.0.1:8234", "[::]:8234", ":8234"}) {
    request.headers["Host"] = host;
    BOOST_TEST(server.answer(request).status == 421, host);
  }
  BOOST_TEST(opened.empty());
}

BOOST_AUTO_TEST_CASE(takes_no_other_request) {
  const std::string body = message({an_input}).dump();
  for (const char* path : {"/", "/decode/", "/download", "/a/b/decode", "//decode", "decode",
                           "/a b/decode", "/decoded", ""}) {
    BOOST_TEST(server.answer(post(path, body)).status == 404, path);
  }
  HttpRequest request = post("/decode", body);
  request.method = "GET";
  BOOST_TEST(server.answer(request).status == 405);
  for (const char* type : {"", "text/plain", "application/jsonp", "application/x-protobuf"}) {
    request = post("/decode", body);
    request.headers["Content-Type"] = type;
    BOOST_TEST(server.answer(request).status == 415, type);
  }
  request = post("/decode", body);
  request.headers["X-Namespace"] = "no name";
  BOOST_TEST(server.answer(request).status == 400);
  BOOST_TEST(server.answer(post("/decode", many(257))).status == 413);
  BOOST_TEST(opened.empty());
}

BOOST_AUTO_TEST_CASE(with_a_token_asks_everybody_for_it) {
  constexpr std::string_view token = "0123456789abcdef";
  SecretBytes secret(token.size());
  std::ranges::copy(bytes_of(token), secret.writable().begin());
  const CodecServer guarded(
      {"127.0.0.1", {}, std::move(secret)},
      [this](const SealedAs&, const std::optional<std::string>&) { return gives; });
  HttpRequest request = post("/decode", message({an_input}).dump());
  for (const char* header :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
        "bearer 0123456789abcdef", "Basic 0123456789abcdef"}) {
    request.headers["Authorization"] = header;
    const HttpReply reply = guarded.answer(request);
    BOOST_TEST(reply.status == 401, header);
    BOOST_TEST(reply.headers.at("WWW-Authenticate") == "Bearer");
  }
  request.headers["Authorization"] = "Bearer " + std::string(token);
  BOOST_TEST(guarded.answer(request).status == 200);
}

BOOST_AUTO_TEST_CASE(knows_an_origin_when_it_sees_one) {
  for (const char* good : {"https://ui.example.org", "http://localhost:8233", "http://[::1]:80"}) {
    BOOST_TEST(is_origin(good), good);
  }
  for (const char* bad : {"", "*", "null", "ui.example.org", "https://", "https://ui.example.org/",
                          "https://UI.example.org", "ftp://a", "http://https://a", "http://a b"}) {
    BOOST_TEST(!is_origin(bad), bad);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::codec_test
