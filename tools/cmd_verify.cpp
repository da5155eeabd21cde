#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/kdc_client.h"
#include "ticket/exchange/keytab.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "tools/commands.h"
#include "tools/feed_in_memory.h"
#include "tools/feed_place.h"
#include "tools/files_in.h"
#include "tools/session.h"
#include "tools/table.h"
#include "tools/ticket_view.h"
#include "worker/job.h"
#include "worker/revocations.h"
#include "worker/uses.h"

namespace waybill::tools {
namespace {

using nlohmann::json;
using worker::Step;
using worker::StepText;

struct VerifyOptions {
  std::string keytab;
  CommandLine::Text file, job, uses, result;
  CommandLine::Text space, workflow_id, type, input, input_digest, feed, mirror;
  std::vector<std::string> actions;
  bool as_json = false;

  bool binds() const { return space || workflow_id || type || input || input_digest; }
};

Outcome<Done> check_options(const VerifyOptions& options) {
  if (options.file.has_value() == options.job.has_value()) {
    return wrong_usage("a ticket's FILE or a --job, one of them");
  }
  if (options.job && options.binds()) return wrong_usage("a --job says what it is by itself");
  if (options.uses && !options.job) return wrong_usage("--uses wants a --job");
  if (options.result && !(options.job && options.as_json)) {
    return wrong_usage("--seal wants a --job, and --json for what comes of it");
  }
  if (options.result == "-" && options.job == "-") {
    return wrong_usage("--job and --seal cannot both read standard input");
  }
  if (options.input && options.input_digest) {
    return wrong_usage("an input or its digest, not both");
  }
  if (options.feed && options.mirror) return wrong_usage("a feed or a mirror, not both");
  return done();
}

Outcome<Done> read_options(Context& context, const Arguments& arguments, VerifyOptions& options) {
  CommandLine line("waybill verify",
                   "Check a ticket as a worker does, with its keytab, and show each step.");
  line.optional_argument("FILE", options.file,
                         "the ticket: bytes, base64 or hex; - is standard input");
  line.required("-t,--keytab", options.keytab, "KEYTAB", "the key of the queue or service");
  line.option("--namespace", options.space, "NAME", "the job's namespace");
  line.option("--workflow-id", options.workflow_id, "ID", "the job's workflow");
  line.option("--type", options.type, "TYPE", "the job's type of workflow");
  line.option("--input", options.input, "FILE", "the job's input, in clear");
  line.option("--input-digest", options.input_digest, "HEX", "or its digest");
  line.list("--action", options.actions, "ACTION[,ACTION...]", "what the job is about to do");
  line.option("--job", options.job, "FILE", "instead of all that: the whole job, as JSON");
  line.option("--uses", options.uses, "FOLDER", "with --job: use the ticket up for this run");
  line.option("--seal", options.result, "FILE", "with --job: seal this result of it");
  line.option("--feed", options.feed, "PLACE", "the revocation feed: a web address or a folder");
  line.option("--mirror", options.mirror, "FOLDER", "or what this host's workers know of it");
  line.flag("--json", options.as_json, "as JSON");
  line.note(
      "The realm document and the revocation feed are fetched, from the KDC unless --feed says\n"
      "otherwise, and verified; no login is needed. What is not said of the job is not checked. "
      "Nothing\nis used up: a worker may still accept the ticket, or may have used it for another "
      "run.");
  line.note(
      "With --job it is the check of a worker in another language, all steps of it. The job is one "
      "of\nthose that a trigger hands out (`namespace`, `workflow_id`, `workflow_type`, `run_id` "
      "of "
      "the first\nrun, `attempt`, `started_at` in Unix seconds, `ticket` and the sealed `input` in "
      "base64). With\n--json an accepted one gives its `input`, opened, and with --seal the "
      "`sealed_result`, in base64.\nPins to the first run are kept in the folder of --uses, which "
      "workers of the queue share.");
  line.example("waybill verify -t alice.keytab job.ticket")
      .example(
          "waybill verify -t alice.keytab --type invoice-report --input invoices.csv job.ticket")
      .example("waybill verify -t alice.keytab --mirror worker/mirror job.ticket")
      .example("waybill verify -t alice.keytab --job - --uses worker --json < job.json");
  CHECK_OK(line.parse(context.ui, arguments));
  return check_options(options);
}

/// Pins nothing: looking at a ticket is no use of it.
class NoUses final : public worker::Uses {
 public:
  Checked pin(const TicketId&, std::string_view, Time) override { return ok(); }
};

Outcome<std::optional<Digest>> wanted_input(const VerifyOptions& options) {
  if (options.input_digest) {
    const auto digest = fixed_from_hex<32>(*options.input_digest);
    if (!digest) return wrong_usage("a digest is 64 digits of lower-case hex");
    return std::optional(*digest);
  }
  if (!options.input) return std::optional<Digest>{};
  TRY(input, read_file_or_input(*options.input, limits::max_input));
  return std::optional(input_digest(input));
}

// What the worker compares with the job in its steps "binding" and "actions", as far as it is said.
Checked check_binding(const Body& body, const VerifyOptions& options,
                      const std::optional<Digest>& input) {
  if (!body.work) return Error{Errc::wrong_workflow, "a ticket for no work"};
  const Work& work = *body.work;
  if (options.space && work.space != *options.space) return Errc::wrong_namespace;
  if (options.workflow_id && work.id != *options.workflow_id) return Errc::wrong_workflow;
  if (options.type && work.type != *options.type) return Errc::wrong_workflow_type;
  if (input && work.input != *input) return Errc::wrong_input;
  return ok();
}

Checked check_actions(const Body& body, const VerifyOptions& options) {
  if (!are_among(options.actions, body.actions)) return Errc::action_denied;
  return ok();
}

/// What came of all steps.
struct Verdict {
  std::optional<Error> refusal;
  Step step;                   ///< the one that refused
  std::optional<Body> claims;  ///< once the KDC's signature was checked
  std::string detail{};        ///< what a person may be told of the refusal
  SecretBuffer input{};        ///< of a job that was accepted
  Buffer sealed_result{};
};

Verdict judge(worker::Verifier& verifier, const VerifyOptions& options,
              const std::optional<Digest>& input, Bytes ticket, Time now) {
  auto verdict = verifier.check_ticket(ticket, now);
  if (!verdict.result) {
    return {verdict.result.error(), verdict.step, std::nullopt, std::move(verdict.detail)};
  }
  const Body body = verdict.result->body();
  if (options.binds()) {
    const Checked bound = check_binding(body, options, input);
    if (!bound) return {bound.error(), Step::binding, body};
  }
  const Checked allowed = check_actions(body, options);
  if (!allowed) return {allowed.error(), Step::actions, body};
  return {std::nullopt, Step::actions, body};
}

enum class Mark { passed, refused, not_checked, not_reached };

// In their order; but of a ticket alone the steps with the job come last, since they need what was
// said of it.
std::vector<StepText> steps_of(const VerifyOptions& options) {
  const auto all = worker::all_steps();
  std::vector<StepText> steps(all.begin(), all.end());
  if (!options.job) {
    std::stable_partition(steps.begin(), steps.end(),
                          [](const StepText& text) { return !text.needs_job; });
  }
  return steps;
}

bool is_checked(const StepText& text, const VerifyOptions& options) {
  if (!text.needs_job) return true;
  if (options.job) return text.step != Step::first_use || options.uses.has_value();
  return (text.step == Step::binding && options.binds()) ||
         (text.step == Step::actions && !options.actions.empty());
}

std::vector<std::pair<StepText, Mark>> marks_of(const Verdict& verdict,
                                                const VerifyOptions& options) {
  std::vector<std::pair<StepText, Mark>> marks;
  bool refused = false;
  for (const StepText& text : steps_of(options)) {
    Mark mark = refused ? Mark::not_reached : Mark::passed;
    if (!is_checked(text, options)) mark = Mark::not_checked;
    if (verdict.refusal && text.step == verdict.step) {
      mark = Mark::refused;
      refused = true;
    }
    marks.emplace_back(text, mark);
  }
  return marks;
}

std::string_view name_of(Mark mark) {
  switch (mark) {
    case Mark::passed:
      return "passed";
    case Mark::refused:
      return "REFUSED";
    case Mark::not_checked:
      return "not checked";
    case Mark::not_reached:
      return "not reached";
  }
  return "";
}

void print(Context& context, const Verdict& verdict, const VerifyOptions& options) {
  Table table({"STEP", "", "WHAT IT MEANS"});
  for (const auto& [step, mark] : marks_of(verdict, options)) {
    table.row({std::string(step.name), std::string(name_of(mark)), std::string(step.passed)});
  }
  table.print(context.ui);
  if (verdict.refusal || !verdict.claims) return;
  context.ui.print("");
  Table claims;
  add_claims(claims, *verdict.claims, context.clock.now());
  claims.print(context.ui);
}

json to_json(const Verdict& verdict, const VerifyOptions& options) {
  json steps = json::array();
  for (const auto& [step, mark] : marks_of(verdict, options)) {
    steps.push_back({{"step", step.name}, {"result", name_of(mark)}});
  }
  json out{{"accepted", !verdict.refusal}, {"steps", std::move(steps)}};
  if (verdict.refusal) {
    out["code"] = describe(verdict.refusal->code).name;
    out["message"] = describe(verdict.refusal->code).sentence;
    if (!verdict.detail.empty()) out["detail"] = verdict.detail;
  }
  if (verdict.claims) out["claims"] = claims_to_json(*verdict.claims);
  if (options.job && !verdict.refusal) out["input"] = to_base64(verdict.input);
  if (options.result && !verdict.refusal) out["sealed_result"] = to_base64(verdict.sealed_result);
  return out;
}

// The ticket's bytes, out of whatever form they came in; garbage goes to the verifier as it is.
Buffer ticket_in(const Buffer& file) {
  auto found = find_ticket(file);
  if (!found || found->ticket.empty()) return file;
  return std::move(found->ticket);
}

Outcome<Done> show(Context& context, const Verdict& verdict, const VerifyOptions& options) {
  if (options.as_json) {
    context.ui.print_json(to_json(verdict, options));
  } else {
    print(context, verdict, options);
  }
  if (verdict.refusal) return Stop(*verdict.refusal, verdict.detail);
  return done();
}

// From the KDC, or, when none answers, as it came into the mirror with `waybill feed import`.
Outcome<RealmDocument> realm_beside(const std::string& mirror, const RealmFile& file,
                                    const Clock& clock) {
  KdcClient client(file, clock);
  try {
    TRY(realm, client.fetch_realm());
    return realm;
  } catch (const HttpError&) {
    const auto kept = std::filesystem::path(mirror) / "realm.bin";
    if (!std::filesystem::exists(kept)) throw;
    TRY(realm, RealmDocument::parse(read_file(kept, limits::max_message), file.realm, file.root));
    return realm;
  }
}

/// What is asked about: read before anybody is asked.
struct Question {
  const VerifyOptions& options;
  Keytab keytab;
  Buffer ticket;
  std::optional<Digest> input;
  std::optional<worker::Job> job;
  Buffer result;
};

Outcome<std::optional<worker::Job>> job_in(const VerifyOptions& options) {
  if (!options.job) return std::optional<worker::Job>{};
  TRY(file, read_file_or_input(*options.job, 2 * limits::max_input));  // in base64, with a ticket
  TRY(job, worker::parse_job(text_of(file)));
  return std::optional(std::move(job));
}

Outcome<Question> read_question(const VerifyOptions& options) {
  TRY(keytab, read_keytab(options.keytab));
  TRY(job, job_in(options));
  Question question{options, std::move(keytab), {}, {}, std::move(job), {}};
  if (options.file) {
    TRY(file, read_file_or_input(*options.file, 2 * limits::max_message));
    question.ticket = ticket_in(file);
  }
  TRY(input, wanted_input(options));
  question.input = input;
  if (options.result) {
    TRY(result, read_file_or_input(*options.result, limits::max_input));
    question.result = std::move(result);
  }
  return question;
}

// All steps.
Verdict judge_job(worker::Verifier& verifier, const Question& question, Time now) {
  auto verdict = verifier.verify(*question.job, question.options.actions, now);
  if (!verdict.result) {
    return {verdict.result.error(), verdict.step, std::nullopt, std::move(verdict.detail)};
  }
  const worker::VerifiedJob& job = *verdict.result;
  Verdict out{std::nullopt, verdict.step, job.claims(), {}, secret_copy(job.input())};
  if (question.options.result) out.sealed_result = job.seal_result(question.result);
  return out;
}

// As a worker of that keytab would judge.
Verdict judge(const Question& question, RealmDocument realm, const worker::Revocations& revocations,
              Time now) {
  Audience audience(question.keytab, std::move(realm));
  if (question.options.uses) {
    worker::Store store(*question.options.uses);
    worker::UseTable uses(store);
    uses.sweep(revocations.head().time, 100);
    worker::Verifier verifier(audience, revocations, uses);
    return judge_job(verifier, question, now);
  }
  NoUses uses;
  worker::Verifier verifier(audience, revocations, uses);
  if (question.job) return judge_job(verifier, question, now);
  return judge(verifier, question.options, question.input, question.ticket, now);
}

Outcome<Verdict> judge_by_mirror(const Question& question, Context& context) {
  const std::string& folder = *question.options.mirror;
  TRY(file, open_realm_file());
  TRY(realm, realm_beside(folder, file, context.clock));
  const FeedMirror mirror(folder, file, context.clock);
  return judge(question, std::move(realm), worker::RevocationMirror(mirror), context.clock.now());
}

Outcome<Verdict> judge_by_feed(const Question& question, Context& context) {
  TRY(place, open_feed_place(context, question.options.feed));
  FeedInMemory feed;
  const Time now = context.clock.now();
  CHECK_OK(feed.fill(*place.source, place.realm, now));
  return judge(question, std::move(place.realm), feed, now);
}

}  // namespace

Outcome<Done> verify_main(Context& context, const Arguments& arguments) {
  VerifyOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(question, read_question(options));
  TRY(verdict,
      options.mirror ? judge_by_mirror(question, context) : judge_by_feed(question, context));
  return show(context, verdict, options);
}

}  // namespace waybill::tools
