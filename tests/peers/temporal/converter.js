'use strict';
// What is sealed goes through as it is: neither client nor workflow code can open it.
const { defaultPayloadConverter } = require('@temporalio/common');

const isSealed = (payload) =>
  String.fromCharCode(...payload.metadata.encoding).startsWith('binary/waybill-');

exports.payloadConverter = {
  toPayload: (value, ...more) =>
    value?.sealed ?? defaultPayloadConverter.toPayload(value, ...more),
  fromPayload: (payload, ...more) =>
    isSealed(payload) ? { sealed: payload } : defaultPayloadConverter.fromPayload(payload, ...more),
};
