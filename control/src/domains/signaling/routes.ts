import websocket from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { ControlError } from '../../control-error.js';
import type { App } from '../../plugins/app-types.js';
import { causeOf } from '../../plugins/causes.js';
import { maxDescriptionBytes, type SignalingService } from './service.js';

const subprotocol = 'plenum.v1';

/**
 * `GET /v1/rtc`: the signaling WebSocket. A browser's page must be of this very host or of the
 * allow-list; who sends no Origin is no browser and carries nobody's cookies.
 */
export async function signalingRoutes(
  app: App,
  signaling: SignalingService,
  allowedOrigins: readonly string[],
): Promise<void> {
  await app.register(websocket, {
    options: {
      maxPayload: maxDescriptionBytes,
      perMessageDeflate: false,
      handleProtocols: (offered: Set<string>) => (offered.has(subprotocol) ? subprotocol : false),
    },
  });
  app.get(
    '/v1/rtc',
    {
      websocket: true,
      config: { auth: ['none'], limited: false },
      schema: { summary: 'The signaling WebSocket, subprotocol plenum.v1' },
      preValidation: async (request) => checkUpgrade(request, allowedOrigins),
    },
    (socket, request) => signaling.accept(socket, causeOf(request), request.raw.socket),
  );
}

function checkUpgrade(request: FastifyRequest, allowedOrigins: readonly string[]): void {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    throw new ControlError('bad_request', 'Open a WebSocket here.');
  }
  const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
  if (!offered.includes(subprotocol)) {
    throw new ControlError('bad_request', `Ask for the subprotocol ${subprotocol}.`);
  }
  const { origin } = request.headers;
  if (origin !== undefined && !isAllowed(origin, request.host, allowedOrigins)) {
    throw new ControlError('forbidden', 'This page may not connect here.');
  }
}

function isAllowed(origin: string, host: string, allowedOrigins: readonly string[]): boolean {
  if (allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
