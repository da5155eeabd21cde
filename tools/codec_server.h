#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"
#include "tools/codec_payloads.h"

namespace waybill::tools {

/// Temporal's codec protocol (specs/temporal.md, "The codec server"): who may ask, in what form,
/// and what is answered. It knows nothing of sockets, tickets and triggers.
///
/// Whoever reaches it sees with the eyes of the person who runs it. So it answers to names of this
/// host alone (a web page that had its own name point here is refused), to web pages of the origins
/// that were named, and, with a token, to who has it.
class CodecServer {
 public:
  /// A payload in clear. Stops with `refused` where it is to stay as it is; with anything else the
  /// whole request fails. May throw what the environment does wrong.
  using Open = std::function<Outcome<Buffer>(const SealedAs& sealed,
                                             const std::optional<std::string>& space)>;
  struct Options {
    std::string host;               ///< where it listens: a name for it besides those of loopback
    std::set<std::string> origins;  ///< of web pages that may read the answers
    std::optional<SecretBytes> token{};  ///< in `Authorization: Bearer`; none: nobody is asked
  };

  CodecServer(Options options, Open open) : options_(std::move(options)), open_(std::move(open)) {}

  /// Thread-safe as far as `open` is. Never throws.
  HttpReply answer(const HttpRequest& request) const noexcept;

 private:
  HttpReply route(const HttpRequest& request) const;
  HttpReply decode(const HttpRequest& request) const;
  std::optional<HttpReply> decode_one(CodecPayloads& payloads, std::size_t index,
                                      const std::optional<std::string>& space) const;
  bool has_token(const HttpRequest& request) const;

  const Options options_;
  const Open open_;
};

/// `https://temporal.example.org`, as a browser writes it: scheme, host, port when it is another
/// than usual, and nothing else.
bool is_origin(std::string_view text);

}  // namespace waybill::tools
