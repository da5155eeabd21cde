'use strict';
// usage: node worker.js ADDRESS WAYBILL KEYTAB FOLDER
// Temporal's own worker of queue-alice; an activity of its type gives its input in capitals.
const { Connection } = require('@temporalio/client');
const { NativeConnection, Worker } = require('@temporalio/worker');
const { ticketInterceptor } = require('./ticket');

async function main([address, program, keytab, uses]) {
  const { workflowService } = await Connection.connect({ address });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: 'queue-alice',
    workflowsPath: require.resolve('./workflows'),
    activities: { 'invoice-report': (input) => input.toString().toUpperCase() },
    dataConverter: { payloadConverterPath: require.resolve('./converter') },
    interceptors: {
      workflowModules: [require.resolve('./workflows')],
      activity: [ticketInterceptor(workflowService, { program, keytab, uses })],
    },
  });
  const running = worker.run();
  console.log('polling');
  await running;
}

main(process.argv.slice(2));
