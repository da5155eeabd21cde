#include "tools/checkup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "ticket/adapters/feed_mirror.h"
#include "ticket/wire/limits.h"
#include "tools/failure.h"
#include "tools/session.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

constexpr Seconds soon = std::chrono::hours(14 * 24);  // enough to ask somebody

class Checkup {
 public:
  Checkup(Context& context, const CheckupWish& wish)
      : context_(context), now_(context.clock.now()), wish_(wish) {}

  std::vector<Finding> run() {
    look("realm file", [&] { realm_file(); });
    if (realm_) {
      for (const std::string& url : realm_->kdcs) look("KDC", [&] { kdc(url); });
      if (document_) epoch();
      if (document_) feed();
      for (const std::string& folder : wish_.mirrors) look("mirror", [&] { mirror(folder); });
    }
    look("credentials", [&] { credentials(); });
    for (const std::string& path : wish_.keytabs) look("keytab", [&] { keytab(path); });
    return std::move(findings_);
  }

 private:
  void good(const char* what, std::string says) {
    findings_.push_back({what, Finding::Verdict::good, std::move(says)});
  }
  void note(const char* what, std::string says, std::string mend) {
    findings_.push_back({what, Finding::Verdict::note, std::move(says), std::move(mend)});
  }
  void wrong(const char* what, Exit exit, std::string says, std::string mend) {
    findings_.push_back({what, Finding::Verdict::wrong, std::move(says), std::move(mend), exit});
  }
  void wrong(const char* what, const Stop& stop, std::string mend) {
    if (!stop.hint.empty()) mend = stop.hint;
    wrong(what, stop.exit, stop.sentence, std::move(mend));
  }

  // A check that throws has found what it says; the sentences of FileError name their mend.
  template <class Check>
  void look(const char* what, Check check) {
    try {
      check();
    } catch (const std::exception& error) {
      wrong(what, failure(error), "");
    }
  }

  void realm_file() {
    auto opened = open_realm_file();
    if (!opened) return wrong("realm file", opened.error(), "");
    const auto file = *RealmFile::find();
    const std::string path = escaped(file.string());
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) status.st_mode = 0;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      wrong("realm file", Exit::local, path + " can be changed by others than its owner",
            "whoever changes it can mislead you: chmod go-w " + path);
    } else if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
      wrong("realm file", Exit::local, path + " belongs to another user",
            "whoever changes it can mislead you: make it root's, or your own");
    } else {
      good("realm file", path + ", realm " + opened->realm.text());
    }
    realm_ = *std::move(opened);
  }

  void kdc(const std::string& url) {
    RealmFile alone = *realm_;
    alone.kdcs = {url};
    KdcClient client(std::move(alone), context_.clock);
    const std::string name = escaped(url);
    try {
      auto document = client.fetch_realm();
      if (!document) {
        return wrong("KDC", Stop(document.error()).exit,
                     name + ": " + std::string(describe(document.error().code).sentence),
                     "compare the root key of the realm file with the one that the realm's "
                     "operator gives");
      }
      good("KDC", name + " answers; realm document " + std::to_string(document->serial));
      if (!document_ || document->serial > document_->serial) document_ = *std::move(document);
    } catch (const HttpError& error) {
      wrong("KDC", Exit::unreachable, escaped(error.what()),
            "is waybill-kdc running there, and is the address in the realm file right?");
    }
  }

  void epoch() {
    const auto* open = document_->epoch_at(now_);
    if (open == nullptr) {
      return wrong("realm", Exit::refused, "nobody can log in: no epoch is open at this time",
                   "set this machine's clock; if it is right, the operator must open an epoch");
    }
    const std::string says = "logins under epoch " + std::to_string(number(open->id)) + " until " +
                             print_when(open->until, now_);
    if (open->until - now_ > soon) return good("realm", says);
    note("realm", says, "the operator should open the next epoch before that");
  }

  // The head is signed with the KDC's time every few seconds, so it tells of both clocks.
  void feed() {
    bool found = false;
    for (const auto& source : open_feeds(*realm_, {})) {
      try {
        auto head = FeedHead::parse(source->head(), *document_);
        if (!head) {
          wrong("feed", Stop(head.error()).exit,
                escaped(source->name()) + ": " + std::string(describe(head.error().code).sentence),
                "the files there are not this realm's feed, or were changed");
          continue;
        }
        found = true;
        judge(escaped(source->name()), *head);
      } catch (const FeedAway& away) {
        note("feed", escaped(away.what()), "is the address right, and does anything serve it?");
      }
    }
    if (!found) {
      wrong(
          "feed", Exit::unreachable, "no source of the revocation feed answers",
          "workers refuse every ticket from " + print_duration(limits::default_staleness) + " on");
    }
  }

  void judge(const std::string& source, const FeedHead& head) {
    const Seconds age = now_ - head.time;
    if (-age > limits::clock_skew) {
      wrong("clock", Exit::local,
            "this machine is at least " + print_duration(-age) + " behind the KDC",
            "set the clock, and let it be kept (chrony, systemd-timesyncd)");
    } else if (age > limits::default_staleness) {
      wrong("feed", Exit::refused,
            source + ": its head was signed " + print_duration(age) + " ago, by this clock",
            "either this machine's clock is ahead, or the KDC publishes no more, or the mirror "
            "is not brought up to it");
    } else {
      good("feed", source + ": entry " + std::to_string(head.last.sequence) + ", " +
                       (age > Seconds{0} ? print_duration(age) + " old" : "just signed"));
      if (!clock_agrees_)
        good("clock", "agrees with the KDC's to within " + print_duration(limits::clock_skew));
      clock_agrees_ = true;
    }
  }

  void mirror(const std::string& folder) {
    const std::string name = escaped(folder);
    if (!std::filesystem::exists(std::filesystem::path(folder) / "store" / "data.mdb")) {
      return wrong("mirror", Exit::local, name + " is no mirror of the feed",
                   "name the folder `mirror` in the worker's or the trigger's own");
    }
    const FeedMirror mirror(folder, *realm_, context_.clock);
    const FeedMirror::Head head = mirror.head();
    if (head.time == Time{}) {
      return wrong("mirror", Exit::refused, name + " has heard nothing yet",
                   "start its worker, or run `waybill feed import`");
    }
    const std::string says =
        name + ": entry " + std::to_string(head.sequence) + " as of " + print_when(head.time, now_);
    if (now_ - head.time <= limits::default_staleness) return good("mirror", says);
    wrong("mirror", Exit::refused, says,
          "nobody follows the feed here: is the worker running, and can it reach a source?");
  }

  void credentials() {
    const auto cache = CacheFolder::chosen(wish_.cache).current();
    if (!cache) return note("credentials", "nobody is logged in", "waybill init [PRINCIPAL]");
    const std::string name = cache->principal().text();
    const IssuedTicket* tgt = cache->tgt();
    if (tgt == nullptr) return note("credentials", name + " has no ticket", "waybill init");
    const std::string says = name + ", until " + print_when(tgt->times.run_until, now_);
    if (tgt->times.run_until > now_) return good("credentials", says);
    note("credentials", says, tgt->times.renew_until > now_ ? "waybill init -R" : "waybill init");
  }

  void keytab(const std::string& path) {
    auto read = read_keytab(path);
    if (!read) return wrong("keytab", read.error(), "");
    const auto& newest = read->newest();
    const std::string says = escaped(path) + ": " + read->principal().text() + ", kvno " +
                             std::to_string(number(newest.kvno));
    if (!realm_ || !document_) return note("keytab", says, "not tried: no KDC answers");
    KdcClient client(*realm_, context_.clock);
    const auto login = client.login(newest.key, read->principal(), {});
    if (login) return good("keytab", says + ", logs in");
    wrong("keytab", Stop(login.error()).exit,
          says + ": " + std::string(describe(login.error().code).sentence),
          "the KDC knows another key, or not this principal: `waybill admin principal show`");
  }

  Context& context_;
  const Time now_;
  const CheckupWish& wish_;
  std::optional<RealmFile> realm_;
  std::optional<RealmDocument> document_;
  std::vector<Finding> findings_;
  bool clock_agrees_ = false;
};

}  // namespace

std::string_view name_of(Finding::Verdict verdict) {
  switch (verdict) {
    case Finding::Verdict::good:
      return "ok";
    case Finding::Verdict::note:
      return "note";
    case Finding::Verdict::wrong:
      break;
  }
  return "WRONG";
}

std::vector<Finding> check_up(Context& context, const CheckupWish& wish) {
  return Checkup(context, wish).run();
}

}  // namespace waybill::tools
