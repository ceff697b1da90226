/**
 * The contract between Plenum and its clients: HTTP bodies, WebSocket messages, error codes.
 * The types of client/ are generated from it (tools/client-types.mjs).
 */

export * from './client-messages.js';
export * from './errors.js';
export * from './http.js';
export * from './server-messages.js';
export * from './values.js';
