'use strict';
// The workflow of an ordinary worker. It runs no check of its own, since its code is replayed; it
// carries the ticket to the activity, which the SDK does not do by itself.
const { proxyActivities } = require('@temporalio/workflow');

const activities = proxyActivities({ startToCloseTimeout: '1 minute' });

exports['invoice-report'] = (input) => activities['invoice-report'](input);

exports.interceptors = () => {
  let headers = {};
  return {
    inbound: [{
      execute(input, next) {
        headers = input.headers;
        return next(input);
      },
    }],
    outbound: [{
      scheduleActivity: (input, next) =>
        next({ ...input, headers: { ...input.headers, ...headers } }),
    }],
  };
};
