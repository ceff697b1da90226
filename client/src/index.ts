/**
 * The typed client of Plenum's HTTP API and of its signaling WebSocket. It knows neither browser nor
 * Node: `fetch`, the socket, time and randomness are given to it.
 */
export { type ClientCode, codeOf, ProtocolError } from './errors.js';
export { type Api, createApi, type Fetch, type Versioned } from './http.js';
export type * from './messages.js';
export { type AnswerTo, decode, encode } from './messages.js';
export type { Answer, Call, Route } from './routes.js';
export {
  type Connection,
  type EndReason,
  Signaling,
  type SignalingEnvironment,
  type SignalingListener,
  type SignalingOptions,
  type Socket,
  type SocketListener,
} from './signaling.js';
export { realTimers, type Timers } from './timers.js';
export { openWebSocket } from './web-socket.js';
