/** The browser's WebSocket behind the narrow interface that Signaling wants. */
import type { Socket, SocketListener } from './signaling.js';

export const subprotocol = 'plenum.v1';

export function openWebSocket(url: string, listener: SocketListener): Socket {
  const socket = new WebSocket(url, subprotocol);
  let over = false;
  const closed = (code: number) => {
    if (over) return;
    over = true;
    listener.closed(code);
  };
  socket.onopen = () => listener.opened();
  socket.onmessage = (event: { data: unknown }) => {
    if (typeof event.data === 'string') listener.received(event.data);
  };
  socket.onclose = (event) => closed(event.code);
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close(code) {
      socket.close(code);
      // The closing handshake needs a network; whoever closes does not wait for it.
      queueMicrotask(() => closed(code));
    },
  };
}
