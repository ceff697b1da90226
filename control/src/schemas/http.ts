/** Bodies of the HTTP API, by subject. */

export * from './http/about.js';
export * from './http/accounts.js';
export * from './http/common.js';
export * from './http/join.js';
export * from './http/meetings.js';
export * from './http/nodes.js';
export * from './http/participants.js';
export * from './http/recordings.js';
export * from './http/reports.js';
export * from './http/security-keys.js';
export * from './http/webhooks.js';
