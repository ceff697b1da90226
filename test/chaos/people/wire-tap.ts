/**
 * What passes on a person's sockets, as it is on the wire: the client hides repeats, and gaps would
 * be hidden too.
 */
import type { Socket, SocketListener } from '../../../client/src/index.js';

export type OpenSocket = (url: string, listener: SocketListener) => Socket;

interface Frame {
  t: string;
  seq?: number;
  d: Partial<Told>;
}

interface Told {
  resumed: boolean;
  snapshot: { publications: { publication_id: string; muted: boolean }[] };
  id: string;
  body: string;
  state: string;
  reason: string;
  publication_id: string;
  muted: boolean;
}

export class WireTap {
  /** Numbers that did not come, and that came twice. */
  readonly gaps: string[] = [];
  readonly repeats: string[] = [];
  /** Bodies of chat messages in the order of their coming, and how often each came. */
  readonly chat = new Map<string, number>();
  /** Who left, as this person was told. */
  readonly left: { atMs: number; id: string }[] = [];
  /** How others stand, as this person was told. */
  readonly told: { atMs: number; id: string; state: string }[] = [];
  /** Publications, and whether they are muted, as this person was told last. */
  readonly muted = new Map<string, boolean>();
  readonly closes: number[] = [];
  /** How the recording of the room stands, as this person was told. */
  readonly recordings: { atMs: number; state: string; reason: string | undefined }[] = [];
  private last: number | undefined;

  /** Opens sockets that are listened in on. */
  tap(open: OpenSocket): OpenSocket {
    return (url, listener) =>
      open(url, {
        opened: () => listener.opened(),
        received: (text) => {
          this.note(JSON.parse(text) as Frame);
          listener.received(text);
        },
        closed: (code) => {
          this.closes.push(code);
          listener.closed(code);
        },
      });
  }

  private note({ t, seq, d }: Frame): void {
    if (seq === undefined) return;
    if (t === 'joined') {
      if (!d.resumed) this.last = seq;
      const { publications = [] } = d.snapshot ?? {};
      for (const { publication_id, muted } of publications) this.muted.set(publication_id, muted);
      return;
    }
    if (this.last !== undefined && seq > this.last + 1) this.gaps.push(`${this.last}…${seq} ${t}`);
    if (this.last !== undefined && seq <= this.last) this.repeats.push(`${seq} ${t}`);
    this.last = Math.max(this.last ?? seq, seq);
    if (t === 'participant.updated' && d.id !== undefined && d.state !== undefined) {
      this.told.push({ atMs: performance.now(), id: d.id, state: d.state });
    }
    if (d.publication_id !== undefined && d.muted !== undefined) {
      this.muted.set(d.publication_id, d.muted);
    }
    if (t === 'recording.state' && d.state !== undefined) {
      this.recordings.push({ atMs: performance.now(), state: d.state, reason: d.reason });
    }
    if (t === 'participant.left' && d.id !== undefined) {
      this.left.push({ atMs: performance.now(), id: d.id });
    }
    if (t === 'chat.message' && d.body !== undefined) {
      this.chat.set(d.body, (this.chat.get(d.body) ?? 0) + 1);
    }
  }
}
