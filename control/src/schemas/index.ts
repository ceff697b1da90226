/**
 * The contract between Plenum and its clients: HTTP bodies, WebSocket messages, error codes.
 * Clients import types from here and nothing else of the server.
 */

export * from './client-messages.js';
export * from './errors.js';
export * from './http.js';
export * from './server-messages.js';
export * from './values.js';
