/**
 * The media sessions of a participant: one, and while its room moves to another node the older ones
 * beside it. Of each publication the newest session by which something of it has come is shown: nothing
 * is missing in between, and nothing is heard twice.
 */
import type {
  ClientPayloads,
  Direction,
  ServerMessage,
  ServerPayloads,
} from '../../../client/src/index.js';
import { Handover, type Progress } from './handover.js';
import { Interruption, type MediaGap } from './interruption.js';
import { MediaSession, type SessionEnvironment, type SessionTerms } from './media-session.js';
import type { Silence } from './silence-watch.js';
import type { Tracks } from './subscribe-transport.js';

type Mids = ReadonlyMap<string, string>;

export interface SessionsEnvironment extends Omit<SessionEnvironment, 'changed' | 'lost' | 'back'> {
  /** Uniform in [0, 1). */
  random(): number;
  /** A session begins to carry media. */
  opened(session: MediaSession): void;
  /** By publication id, and publication ids by m-line of the newest session. */
  shown(tracks: Tracks, mids: Mids): void;
  /** The node of a session that takes over knows these publications by now. */
  known(publicationIds: readonly string[]): void;
  /** Is the server heard? Else it is no time to complain about its node. */
  isOnline(): boolean;
  /** Media has stopped for more than a second, or goes on. */
  interrupted(isInterrupted: boolean): void;
  /** It goes on after such a stop. */
  gapEnded(gap: MediaGap): void;
}

/** Rooms that move again and again before anything has come: more sessions than these are not kept. */
const mostOlder = 2;
/**
 * Of a node that is gone there is nothing to wait for, and the server says so (`deadline_ms` is 0): its
 * last pictures stay until others come, or for so long. A picture that stands still for longer misleads.
 */
const lastPicturesMs = 10_000;
/** What comes of a node before the word that the room goes there; the newest offers matter. */
const mostEarly = 64;

export class Sessions {
  /** The oldest first. */
  private sessions: readonly MediaSession[] = [];
  private handover: Handover | undefined;
  private readonly interruption: Interruption;
  /** Directions of the newest session in which nothing comes. */
  private readonly silent = new Set<Direction>();
  private terms: SessionTerms | undefined;
  private ticket: string | undefined;
  private told: { tracks: Tracks; mids: Mids } = { tracks: new Map(), mids: new Map() };
  private knownIds: ReadonlySet<string> = new Set();
  private cancelStart = () => {};
  /** Of epochs that no `migrate` has named yet: it is on its way. */
  private early: readonly ServerMessage[] = [];

  constructor(private readonly environment: SessionsEnvironment) {
    const { timers, interrupted, gapEnded } = environment;
    this.interruption = new Interruption(timers, { shown: interrupted, ended: gapEnded });
  }

  get newest(): MediaSession | undefined {
    return this.sessions.at(-1);
  }

  /** Those that carry media. */
  get open(): readonly MediaSession[] {
    return this.sessions.filter(({ isOpen }) => isOpen);
  }

  /** A seat was taken anew: nothing of before is left. */
  begin(seat: ServerPayloads['joined']): void {
    this.close();
    this.learn(seat);
    const { epoch, ice_servers: iceServers, media_beat_ms: beatMs } = seat;
    this.terms = { epoch, iceServers, beatMs };
    this.start(this.add(this.terms));
  }

  /** The seat is the same, maybe with another process, which names the same transports anew. */
  keep(seat: ServerPayloads['joined']): void {
    this.learn(seat);
    const { newest } = this;
    // A resume that says nothing of transports brings the `migrate` that was missed.
    if (newest && seat.transports === 'kept' && seat.epoch > newest.epoch)
      newest.rename(seat.epoch);
  }

  /** Shown where media is lost, so that the standby takes it up. */
  setTicket(ticket: string): void {
    this.ticket = ticket;
  }

  migrate(to: ServerPayloads['migrate']): void {
    const { newest, terms } = this;
    if (!newest || !terms || to.epoch <= newest.epoch) return;
    this.stopHandover();
    newest.stopWatching();
    if (!to.make_before_break) {
      for (const session of this.sessions) session.retire();
      this.interruption.stopped('migration');
    }
    for (const session of this.sessions.slice(0, -mostOlder)) session.close();
    this.sessions = this.sessions.slice(-mostOlder);
    const session = this.add({ ...terms, epoch: to.epoch });
    const { timers, random } = this.environment;
    this.cancelStart = timers.after(random() * to.retry_jitter_ms, () => this.start(session));
    const deadlineMs = to.make_before_break ? to.deadline_ms : lastPicturesMs;
    this.handover = this.handoverTo(session, deadlineMs);
    const { early } = this;
    this.early = [];
    for (const message of early) this.received(message);
  }

  received(message: ServerMessage): void {
    const newest = this.newest?.epoch ?? 0;
    const epoch = epochOf(message) ?? newest;
    const session = this.sessions.find((each) => each.epoch === epoch && !each.isRetired);
    if (session) session.received(message);
    else if (epoch > newest) this.early = [...this.early.slice(1 - mostEarly), message];
  }

  close(): void {
    this.stopHandover();
    for (const session of this.sessions) session.close();
    this.sessions = [];
    this.early = [];
    this.interruption.flows();
    this.show();
  }

  private learn({ standby }: ServerPayloads['joined']): void {
    this.ticket = standby?.ticket;
  }

  private add(terms: SessionTerms): MediaSession {
    const session = new MediaSession(
      {
        ...this.environment,
        changed: () => this.show(),
        lost: (...loss) => this.lost(...loss),
        back: (epoch, direction) => this.back(epoch, direction),
      },
      terms,
    );
    this.sessions = [...this.sessions, session];
    this.silent.clear();
    this.knownIds = new Set();
    return session;
  }

  private start(session: MediaSession): void {
    session.start();
    this.environment.opened(session);
  }

  private handoverTo(session: MediaSession, deadlineMs: number): Handover {
    const { timers, command } = this.environment;
    return new Handover({
      ...{ timers, deadlineMs },
      look: () => this.progressOf(session),
      done: () => command('migrate.done', { epoch: session.epoch }),
      over: () => {
        for (const older of this.olderThan(session)) older.close();
        this.sessions = [session];
        if (!session.isReady) this.interruption.stopped('migration');
        this.show();
      },
    });
  }

  private async progressOf(session: MediaSession): Promise<Progress> {
    await Promise.all(this.open.map(({ subscribe }) => subscribe.lookForArrivals()));
    const older = this.olderThan(session);
    for (const each of older) if (each.publish.hasEnded) each.retire();
    this.show();
    const { isReady } = session;
    if (isReady && this.silent.size === 0) this.interruption.flows();
    const showsOld = [...this.told.tracks].some(([id, track]) => session.tracks.get(id) !== track);
    const hasOld = showsOld || older.some(({ isOpen }) => isOpen);
    return { isReady, hasTakenOver: session.hasTakenOver(older), hasOld };
  }

  private olderThan(session: MediaSession): MediaSession[] {
    return this.sessions.filter((each) => each !== session);
  }

  private stopHandover(): void {
    this.handover?.cancel();
    this.handover = undefined;
    this.cancelStart();
  }

  private show(): void {
    const shown = this.choose();
    const mids = this.newest?.subscribe.mids ?? new Map();
    const isSame = isSameMap(shown, this.told.tracks) && mids === this.told.mids;
    if (isSame) return;
    this.told = { tracks: shown, mids };
    this.environment.shown(shown, mids);
    if (this.sessions.length > 1) this.noteKnown();
  }

  private choose(): Tracks {
    const shown = new Map<string, MediaStreamTrack>();
    for (const { tracks, subscribe, isRetired } of this.sessions) {
      for (const [id, track] of tracks) {
        const isGone = isRetired && track.kind === 'audio';
        const isNext = !shown.has(id) || subscribe.arrivals.has(id);
        if (isNext && !isGone) shown.set(id, track);
      }
    }
    return shown;
  }

  private noteKnown(): void {
    const ids = [...(this.newest?.tracks.keys() ?? [])];
    const fresh = ids.filter((id) => !this.knownIds.has(id));
    this.knownIds = new Set(ids);
    if (fresh.length > 0) this.environment.known(fresh);
  }

  private lost(epoch: number, direction: Direction, { silenceMs, failedChecks }: Silence): void {
    const { environment, ticket } = this;
    this.silent.add(direction);
    this.interruption.stopped('path', silenceMs);
    if (!environment.isOnline()) return;
    const loss: ClientPayloads['media.lost'] = {
      ...{ epoch, direction, silence_ms: silenceMs, failed_checks: failedChecks },
      ...(ticket === undefined ? {} : { ticket }),
    };
    // Nothing hangs on the answer: what follows is a `migrate`, or that media comes again.
    environment.command('media.lost', loss).catch(() => undefined);
  }

  private back(epoch: number, direction: Direction): void {
    if (epoch !== this.newest?.epoch) return;
    this.silent.delete(direction);
    if (this.silent.size === 0) this.interruption.flows();
  }
}

function epochOf({ d }: ServerMessage): number | undefined {
  return 'epoch' in d ? d.epoch : undefined;
}

function isSameMap<Value>(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
