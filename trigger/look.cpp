#include "trigger/look.h"

#include "ticket/adapters/log.h"
#include "ticket/wire/hex.h"

namespace waybill::trigger {
namespace {

Result<KdcPort::Viewer> viewer_of(const LookParts& parts, const HttpRequest& request,
                                  const Shown& shown, const LookWish& wish) {
  const Principal& self = parts.identity.self();
  const Time now = parts.clock.now();
  const Presentation& presentation = shown.presentation;
  CHECK_OK(check_tgt(presentation.ticket(), self.realm()));
  CHECK_OK(check_authenticator(presentation.authenticator(),
                               {self, parts.identity.instance(), now, digest_of(request)}));
  auto evidence = parts.engine.evidence(wish.workflow_id);
  if (!evidence) return Error{Errc::not_owner, "workflow"};
  TRY(viewer, parts.kdc.look({shown.wire, *std::move(evidence), wish.kind}));
  CHECK_OK(parts.replays.first_use(viewer.principal, viewer.tgt, presentation.authenticator().nonce,
                                   now));
  return viewer;
}

}  // namespace

Result<Buffer> look(const LookParts& parts, const HttpRequest& request, const Shown& shown,
                    const LookWish& wish) {
  const auto viewer = viewer_of(parts, request, shown, wish);
  auto opened = viewer ? parts.engine.open(wish.workflow_id, {wish.kind, wish.sealed})
                       : Result<Buffer>(viewer.error());
  log_info(opened ? "payload_shown" : "payload_not_shown",
           {{"workflow_id", wish.workflow_id},
            {"payload", name_of(wish.kind)},
            {"viewer", viewer ? viewer->principal.text() : std::string()},
            {"viewer_tgt", viewer ? to_hex(viewer->tgt) : std::string()},
            {"grant", viewer ? viewer->grant : std::string()},
            {"code", opened ? std::string_view() : describe(opened.error().code).name}});
  return opened;
}

}  // namespace waybill::trigger
