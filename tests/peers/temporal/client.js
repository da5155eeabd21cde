'use strict';
// usage: node client.js ADDRESS look|terminate WORKFLOW
// Temporal's own client. `look` prints what it can learn of a workflow, bytes in base64.
const { Client, Connection } = require('@temporalio/client');

async function main([address, what, id]) {
  const connection = await Connection.connect({ address });
  const workflow = new Client({ connection }).workflow.getHandle(id);
  if (what === 'terminate') return workflow.terminate('by an operator');
  const { status, type, raw } = await workflow.describe();
  const result = await workflow.result().catch((error) => `none: ${error.name}`);
  const seen = { status: status.name, type, raw, history: await workflow.fetchHistory(), result };
  console.log(JSON.stringify(seen, (_, value) =>
    (value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value)));
  return connection.close();
}

main(process.argv.slice(2)).then(() => process.exit(0));
