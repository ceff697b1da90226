import type { RawData, WebSocket } from 'ws';

/** Unread by the client: it reads too slowly, and begins anew with a snapshot. */
const maxUnsentBytes = 4 * 1024 * 1024;
const slowReader = 4413;
/** The other process is gone: the client opens another socket, as after a restart. */
const goingAway = 4503;
/** Of RFC 6455 §7.4: never sent, but told when there was none. */
const isSendable = (code: number) => code === 1000 || (code >= 3000 && code <= 4999);

/**
 * Joins a client's socket to one at the process that has its room: from now on this process only
 * carries. What was read already goes first.
 * @param unreached the other process was not reached: the client is told, and its socket closed.
 */
export function bridge(
  client: WebSocket,
  owner: WebSocket,
  { first, unreached }: { first: readonly string[]; unreached: () => void },
): void {
  let held: string[] | null = [...first];
  client.on('message', (data, isBinary) => {
    if (isBinary) return;
    if (held === null) owner.send(textOf(data));
    else held.push(textOf(data));
  });
  owner.on('open', () => {
    for (const text of held ?? []) owner.send(text);
    held = null;
  });
  owner.on('message', (data) => {
    if (client.bufferedAmount > maxUnsentBytes) client.close(slowReader, 'slow_reader');
    else if (client.readyState === client.OPEN) client.send(textOf(data));
  });
  owner.on('error', () => {});
  owner.on('close', (code, reason) => {
    if (held !== null) unreached();
    else if (isSendable(code)) client.close(code, reason.toString());
    else client.close(goingAway, 'going_away');
  });
  client.on('close', () => owner.terminate());
}

function textOf(data: RawData): string {
  return (data as Buffer).toString();
}
