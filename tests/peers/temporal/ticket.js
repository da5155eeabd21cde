'use strict';
// Everything that an official worker needs to honour tickets: an interceptor of activities that asks
// `waybill verify` and hands the activity its opened input and what the ticket says.
const { execFile } = require('node:child_process');
const { mkdtemp, rm, writeFile } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { ApplicationFailure } = require('@temporalio/common');

const refusal = (code, message) => ApplicationFailure.nonRetryable(message, code);
const base64 = (payload) => Buffer.from(payload?.data ?? []).toString('base64');

// Of a run that is not the first of its chain, the first one counts.
async function originOf(service, namespace, { workflowId, runId }) {
  const firstEvent = async (id) => (await service.getWorkflowExecutionHistory({
    namespace, execution: { workflowId, runId: id }, maximumPageSize: 1,
  })).history.events[0];
  let event = await firstEvent(runId);
  const start = event.workflowExecutionStartedEventAttributes;
  if (start.cronSchedule) throw refusal('WB-POLICY', 'a ticket is for one start, not for many');
  if (start.firstExecutionRunId !== start.originalExecutionRunId) {
    event = await firstEvent(start.firstExecutionRunId);
  }
  return { chain: start.firstExecutionRunId, startedAt: Number(event.eventTime.seconds) };
}

async function jobOf(service, info, input) {
  if (info.activityType !== info.workflowType) throw refusal('WB-TICKET-TYPE', 'another activity');
  if (input.args.length !== 1) throw refusal('WB-MALFORMED', 'not one input');
  const { chain, startedAt } = await originOf(service, info.workflowNamespace,
    info.workflowExecution);
  return {
    namespace: info.workflowNamespace,
    workflow_id: info.workflowExecution.workflowId,
    workflow_type: info.workflowType,
    run_id: chain,
    attempt: info.attempt,
    started_at: startedAt,
    ticket: base64(input.headers['waybill-ticket-v1']),
    input: base64(input.args[0].sealed),
  };
}

// Runs `waybill verify`; what it cannot judge is tried again by Temporal, what it refuses is not.
function verify({ program, keytab, uses }, job, more, stdin) {
  const words = ['verify', '-t', keytab, '--job', job, '--uses', uses, '--json', ...more];
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { maxBuffer: 1 << 24 }, (error, out, complaint) => {
      let verdict;
      try {
        verdict = JSON.parse(out);
      } catch {
        return reject(new Error(`no verdict: ${error} ${complaint}`));
      }
      if (verdict.accepted) return resolve(verdict);
      return reject(refusal(verdict.code, verdict.message));
    });
    child.stdin.end(stdin);
  });
}

exports.ticketInterceptor = (service, options) => (context) => ({
  inbound: {
    async execute(input, next) {
      const folder = await mkdtemp(path.join(tmpdir(), 'job-'));
      try {
        const file = path.join(folder, 'job.json');
        await writeFile(file, JSON.stringify(await jobOf(service, context.info, input)));
        const { input: opened, claims } = await verify(options, file, [], '');
        const result = await next({ ...input, args: [Buffer.from(opened, 'base64'), claims] });
        const { sealed_result: sealed } = await verify(options, file, ['--seal', '-'], result);
        return {
          sealed: {
            metadata: { encoding: Buffer.from('binary/waybill-result') },
            data: Buffer.from(sealed, 'base64'),
          },
        };
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
});
