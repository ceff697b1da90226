import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Credentials, type FleetRole, type Identity, identityOf } from './identity.js';
import { maxFrameBytes } from './socket-wire.js';

export interface FleetListenerContext {
  credentials: Credentials;
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
  /** May it come in? A certificate says who somebody is, not that they still belong here. */
  isWelcome: (identity: Identity) => Promise<boolean>;
  /** By path: who has opened a socket. */
  sockets: Record<string, { role: FleetRole; accept: Accept }>;
  /** By path and role; null: whoever comes, with or without a certificate. */
  requests: Record<string, { role: FleetRole | null; handle: Handle }>;
}

export type Accept = (socket: WebSocket, id: string, request: IncomingMessage) => void;
export type Handle = (request: IncomingMessage, reply: ServerResponse) => Promise<void>;

/** A TLS handshake takes milliseconds. */
const handshakeMs = 5000;

/**
 * Where the rest of the fleet dials in: TLS 1.3, and who shows no certificate of ours gets nowhere but
 * to enrolment.
 */
export class FleetListener {
  private readonly server: Server;
  private readonly upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
  });

  constructor(private readonly context: FleetListenerContext) {
    const { key, certificate, authority } = context.credentials;
    this.server = createServer({
      key,
      // With its authority's, by which a node that enrols knows us.
      cert: certificate + authority,
      ca: authority,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      handshakeTimeout: handshakeMs,
    });
    this.server.on('request', (request, reply) => void this.onRequest(request, reply));
    this.server.on(
      'upgrade',
      (request, socket, head) => void this.onUpgrade(request, socket, head),
    );
    this.server.on('tlsClientError', () => {});
  }

  /** @returns the port that was bound. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Of sockets that are open later the certificate is shown as well. */
  renew({ key, certificate, authority }: Credentials): void {
    this.server.setSecureContext({
      key,
      cert: certificate + authority,
      ca: authority,
      minVersion: 'TLSv1.3',
    });
  }

  close(): Promise<void> {
    for (const socket of this.upgrades.clients) socket.terminate();
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async welcomed(request: IncomingMessage): Promise<Identity | null> {
    const identity = identityOf(request.socket as TLSSocket);
    return identity !== null && (await this.context.isWelcome(identity)) ? identity : null;
  }

  private async onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => {}); // it may end while somebody is looked up
    const identity = await this.welcomed(request);
    const route = this.context.sockets[request.url ?? ''];
    if (identity === null || route?.role !== identity.role) {
      this.refuse(request);
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.upgrades.handleUpgrade(request, socket, head, (opened) =>
      route.accept(opened, identity.id, request),
    );
  }

  private async onRequest(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const route = this.context.requests[request.url ?? ''];
    const isAllowed =
      route !== undefined &&
      (route.role === null || (await this.welcomed(request))?.role === route.role);
    if (!isAllowed) {
      this.refuse(request);
      reply.writeHead(403).end();
      return;
    }
    route.handle(request, reply).catch((err) => {
      this.context.log.warn({ err }, 'a request of the fleet failed');
      if (!reply.headersSent) reply.writeHead(500);
      reply.end();
    });
  }

  private refuse(request: IncomingMessage): void {
    const { remoteAddress: address } = request.socket;
    this.context.log.warn(
      { address, path: request.url },
      'refused somebody who is not of the fleet',
    );
  }
}
