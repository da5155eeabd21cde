#include "trigger/authenticate.h"

#include "ticket/adapters/base64.h"
#include "trigger/kdc_port.h"

namespace waybill::trigger {

Result<Shown> shown_in(const HttpRequest& request) {
  constexpr std::string_view scheme = "Waybill ";
  const std::string_view header = request.header("Authorization");
  if (!header.starts_with(scheme)) {
    return Error{Errc::malformed, "an Authorization header of the scheme Waybill is needed"};
  }
  TRY(wire, from_base64url(header.substr(scheme.size())));
  TRY(presentation, Presentation::parse(wire));
  return Shown{std::move(wire), std::move(presentation)};
}

Checked check_tgt(Bytes ticket, const Realm& realm) {
  TRY(sealed, SealedTicket::parse(ticket));
  if (sealed.header().kind != Kind::tgt) return Error{Errc::wrong_kind, "a TGT is needed"};
  if (sealed.header().realm != realm) return Error{Errc::wrong_realm, "TGT"};
  return ok();
}

Digest digest_of(const HttpRequest& request) {
  return request_digest({bytes_of(request.method), bytes_of(request.path), request.body_bytes()});
}

Result<Body> authenticate(const AuthenticateParts& parts, const HttpRequest& request,
                          const Shown& shown, const Asked& asked) {
  const auto audience = parts.identity.audience();
  if (!audience) throw KdcAway("no KDC has answered since the start");
  const Time now = parts.clock.now();
  const Presentation& presentation = shown.presentation;
  TRY(ticket, audience->accept(presentation.ticket(), now));
  const Body& body = ticket.body();
  if (body.work || !body.actors.empty()) {
    return Error{Errc::wrong_kind, "the caller's own service ticket is needed"};
  }
  CHECK_OK(presentation.check(ticket.session()));
  CHECK_OK(check_authenticator(
      presentation.authenticator(),
      {parts.identity.self(), parts.identity.instance(), now, digest_of(request)}));
  CHECK_OK(check_caveats(presentation.caveats(),
                         {now, {}, asked.queue, {}, asked.workflow_id, {}, {}, {}, parts.space}));
  if (parts.revocations.concerns(body)) return Error{Errc::revoked, "the caller's ticket"};
  CHECK_OK(parts.replays.first_use(body.subject, body.id, presentation.authenticator().nonce, now));
  return body;
}

}  // namespace waybill::trigger
