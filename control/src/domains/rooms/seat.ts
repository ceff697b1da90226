import type { Clock } from '../../clock.js';
import type { CloseReason } from '../../schemas/errors.js';
import type {
  EphemeralType,
  SequencedType,
  ServerPayloads,
  ServerType,
} from '../../schemas/server-messages.js';
import type { Grants, Participant, Source } from '../../schemas/values.js';
import { CommandResults } from './command-results.js';

/** The socket as the seat sees it. */
export interface Outlet {
  send(text: string): void;
  readonly unsentBytes: number;
  close(reason: CloseReason): void;
  /** The seat is taken: `joined` was sent. */
  seated(): void;
}

/** What a block of this person holds on to: each of them, where there is one. */
export interface Identity {
  userId: string | null;
  inviteId: string | null;
  /** SHA-256, hex. Of an endpoint: its key's. */
  deviceHash: string | null;
  ingestKeyId: string | null;
}

export type PlainType = Exclude<ServerType, SequencedType | EphemeralType | 'ok' | 'error'>;

/** A message whose `d` is written out already: it goes to many. */
export interface Written<Type extends ServerType = ServerType> {
  t: Type;
  json: string;
}

export function write<Type extends ServerType>(t: Type, d: ServerPayloads[Type]): Written<Type> {
  return { t, json: JSON.stringify(d) };
}

/** Events kept for a resume: fewer and a long absence costs a snapshot, more and it costs memory. */
const maxKept = 1000;
const dropEphemeralBytes = 1024 * 1024;
const closeBytes = 4 * 1024 * 1024;

/** The next `hello` is answered by another of them. */
const unkept: readonly ServerType[] = ['joined', 'lobby.waiting'];

/** Not its text: what goes to all of a large room is in memory once, not once for each who is away. */
interface Kept {
  seq: number;
  event: Written;
  re: string | undefined;
}

/**
 * One participant's place in a room. It outlives the socket: events are numbered without gaps and
 * kept until they are acknowledged, so that the next socket goes on where the last one ended.
 */
export class Seat {
  readonly results: CommandResults;
  /** What hosts said of this person's right to unmute; null: as the policy has it. */
  canUnmute: boolean | null = null;
  /** Sources that a host has switched off: what is published of them stays off as well. */
  readonly mutedByHost: Set<Source>;
  /** The same, as it was written last. */
  durablyMuted: ReadonlySet<Source>;
  /** As the database has them, hex: for when it is away. The newest first. */
  resumeHashes: readonly string[] = [];
  /** What was said to being recorded, at the door or by a later no, for this seat; null: nothing. */
  consented: boolean | null = null;
  /** Calls the freeing of the seat off; set while the participant is away. */
  cancelTimeout = () => {};
  /** May the node know of this participant? */
  isAtNode = false;
  /** Its transports are from before this process had the room: the next welcome leaves them alone. */
  keepsMedia = false;
  /** Its room is at another node since its client was told where it is, or its client is not there yet. */
  isMoving = false;
  /** Sockets whose `hello` is about to be answered by a snapshot. */
  arriving = 0;
  /** Under which its client knows its transports: of its `joined` or `migrate`, told or about to be. */
  epoch = 0;
  /** How many m-lines its client receives at once. */
  slots = { audio: 0, video: 0 };
  /** Since its last `joined`: was it told everybody's quality, and what changed of it since? */
  knowsQualities = false;
  /** Of the tokens by which a resume can come: those that went out with numbers of this process. */
  private issued: readonly string[] = [];
  private attached: Outlet | null = null;
  private seq = 0;
  private kept: Kept[] = [];
  /** What came for this participant alone before `joined` was sent. */
  private held: (() => void)[] | null = [];
  private known = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly participant: Participant,
    public grants: Grants,
    readonly identity: Identity,
    clock: Clock,
    mutedByHost: readonly Source[] = [],
  ) {
    this.mutedByHost = new Set(mutedByHost);
    this.durablyMuted = new Set(mutedByHost);
    this.results = new CommandResults(clock);
  }

  get id(): string {
    return this.participant.id;
  }

  /** False until `joined` was sent, or is to be again: its snapshot covers what the room told meanwhile. */
  get welcomed(): boolean {
    return this.held === null;
  }

  /** Do the others know of it? */
  get isAnnounced(): boolean {
    return this.known;
  }

  setAnnounced(): void {
    this.known = true;
  }

  /**
   * It is there from before this process had the room: others know of it, and the node may.
   * @param keepsMedia its transports go on, only their epoch is another.
   */
  setRestored(keepsMedia: boolean): void {
    this.known = true;
    this.isAtNode = true;
    this.keepsMedia = keepsMedia;
  }

  /** One change of its transports at a time, whether or not the one before succeeded. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.turn.then(work);
    this.turn = turn.catch(() => {});
    return turn;
  }

  isAttachedTo(outlet: Outlet): boolean {
    return this.attached === outlet;
  }

  get isConnected(): boolean {
    return this.attached !== null;
  }

  get outlet(): Outlet | null {
    return this.attached;
  }

  attach(outlet: Outlet): void {
    const older = this.attached;
    this.attached = outlet;
    if (older !== null && older !== outlet) older.close('replaced');
  }

  detach(): void {
    this.attached = null;
  }

  close(reason: CloseReason): void {
    this.attached?.close(reason);
    this.attached = null;
  }

  /** Tells somebody who waits in the lobby how things stand; `re` answers the `hello`. */
  wait(waiting: ServerPayloads['lobby.waiting'], re?: string): void {
    this.number(write('lobby.waiting', waiting), re);
  }

  /**
   * Sends the first `joined`, with a snapshot, then what was held back for it. `re` answers the
   * `hello`; whoever comes from the lobby has had an answer.
   */
  welcome(re: string | undefined, joined: ServerPayloads['joined']): void {
    this.kept = [];
    this.knowsQualities = false;
    this.number(write('joined', joined), re);
    this.attached?.seated();
    const held = this.held ?? [];
    this.held = null;
    for (const send of held) send();
  }

  /**
   * Whoever says hello next, or has just said it, gets a snapshot: until then nothing is told, as its
   * number would be from before.
   */
  startAnew(): void {
    this.held ??= [];
  }

  /** Its next answer brings this token; the one that was shown for it stays good, should that be lost. */
  issue(next: string, used: string | null = null): void {
    this.resumeHashes = used === null ? [next] : [next, used];
    this.issued = [next, ...this.issued.filter((hash) => hash === used)];
  }

  /**
   * @param shown the token of the resume, hashed: with one of another process come that one's numbers.
   */
  canReplay(shown: string, lastSeq: number): boolean {
    if (!this.issued.includes(shown)) return false;
    const first = this.kept[0]?.seq ?? this.seq + 1;
    return this.welcomed && lastSeq <= this.seq && lastSeq + 1 >= first;
  }

  /** Sends `joined` under the number the client has already, then all it missed. */
  replay(re: string | undefined, joined: ServerPayloads['joined'], lastSeq: number): void {
    this.acknowledge(lastSeq);
    this.knowsQualities = false;
    this.transmit(textOf(write('joined', joined), { re, seq: lastSeq }));
    for (const { event, ...extra } of this.kept) this.transmit(textOf(event, extra));
    this.attached?.seated();
  }

  acknowledge(seq: number): void {
    let acknowledged = 0;
    while ((this.kept[acknowledged]?.seq ?? Number.POSITIVE_INFINITY) <= seq) acknowledged += 1;
    if (acknowledged > 0) this.kept.splice(0, acknowledged);
  }

  /** A numbered event. While the participant is away it is kept for the resume. */
  emit(event: Written<SequencedType>): void {
    if (this.held !== null) this.held.push(() => this.number(event));
    else this.number(event);
  }

  /** A message without a number: lost when there is no socket; a resume makes up for it. */
  tell(message: Written<PlainType>): void {
    const send = () => this.transmit(textOf(message));
    if (this.held !== null) this.held.push(send);
    else send();
  }

  /** Dropped for whoever is not there or reads slowly. @returns whether it was sent. */
  whisper(message: Written<EphemeralType>): boolean {
    if (!this.welcomed || this.attached === null) return false;
    if (this.attached.unsentBytes > dropEphemeralBytes) return false;
    this.attached.send(textOf(message));
    return true;
  }

  private number(event: Written<SequencedType>, re?: string): void {
    this.seq += 1;
    if (!unkept.includes(event.t)) this.kept.push({ seq: this.seq, event, re });
    if (this.kept.length > maxKept) this.kept.splice(0, this.kept.length - maxKept);
    this.transmit(textOf(event, { seq: this.seq, re }));
  }

  private transmit(text: string): void {
    if (this.attached === null) return;
    if (this.attached.unsentBytes > closeBytes) {
      this.kept = [];
      this.seq += 1;
      this.attached.close('slow_reader');
      return;
    }
    this.attached.send(text);
  }
}

export function textOf(
  message: Written,
  extra: { re?: string | undefined; seq?: number } = {},
): string {
  const re = extra.re === undefined ? '' : `,"re":${JSON.stringify(extra.re)}`;
  const seq = extra.seq === undefined ? '' : `,"seq":${extra.seq}`;
  return `{"t":"${message.t}"${re}${seq},"d":${message.json}}`;
}
