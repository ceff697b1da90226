import type { PeerCertificate } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import type { Dial, DialListener } from './control-contact.js';
import { type Credentials, identityIn } from './identity.js';
import { textOf } from './node-gate.js';
import { maxFrameBytes, SocketWire } from './socket-wire.js';

/** Until TLS and the WebSocket stand. */
const openMs = 3000;

/**
 * Connects to control processes by TLS 1.3, showing what `credentials` gives at that moment, and
 * talks to nobody whose certificate does not name a control process.
 */
export function dialWith(
  path: '/node' | '/recorder' | '/control',
  credentials: () => Credentials,
): Dial {
  return (address, listener) => {
    const { key, certificate, authority } = credentials();
    const options: ClientOptions = {
      key,
      cert: certificate,
      ca: authority,
      minVersion: 'TLSv1.3',
      handshakeTimeout: openMs,
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
      // Its type is that of an older Node.
      checkServerIdentity: requireControl as unknown as NonNullable<
        ClientOptions['checkServerIdentity']
      >,
    };
    listenTo(new WebSocket(`wss://${address}${path}`, options), listener);
  };
}

/** Tells what becomes of a socket that is being opened. */
export function listenTo(socket: WebSocket, listener: DialListener): void {
  let reason = 'closed';
  socket.on('open', () => listener.opened(new SocketWire(socket)));
  socket.on('message', (data, isBinary) => {
    try {
      listener.received(textOf(data, isBinary));
    } catch {
      socket.terminate();
    }
  });
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('close', () => listener.closed(reason));
}

/** By what the certificate names, whatever the address is called. */
export function requireControl(_host: string, certificate: PeerCertificate): Error | undefined {
  if (identityIn(certificate.subjectaltname)?.role === 'control') return undefined;
  return new Error('The certificate is not that of a control process.');
}
