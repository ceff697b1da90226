/** When the quality of connections is measured: in rounds, a few rooms at a time. */
import type { Core } from './core.js';
import type { LiveParticipant } from './participant.js';
import { type PictureState, QualityMeter } from './quality.js';
import type { LiveRoom } from './room.js';
import { NamedStats } from './stats.js';

/** How often `quality` is told (api: each 2 s). */
const INTERVAL_MS = 2000;
/** Between two turns of a round. */
const TURN_MS = 25;
/** A round takes at most so many turns, however many people there are. */
const MOST_TURNS = 40;
/** People to a turn, or one whole room: some milliseconds. */
const FEWEST_A_TURN = 100;

interface Round {
  startedAtMs: number;
  stats: NamedStats;
  /** Those that are still to be told; the oldest, whose turn does not move, is the last. */
  rooms: LiveRoom[];
  /** People to a turn. */
  share: number;
}

/** Thousands of people measured at once would hold up everything else that the process does. */
export class QualityRounds {
  readonly #core: Core;
  readonly #rooms: ReadonlyMap<string, LiveRoom>;
  readonly #meter = new QualityMeter();
  readonly #run = () => this.#turn();
  #isRunning = false;
  #isStopped = false;
  #round: Round | null = null;

  constructor(core: Core, rooms: ReadonlyMap<string, LiveRoom>) {
    this.#core = core;
    this.#rooms = rooms;
  }

  /** Somebody listens; when nobody does any more the rounds end. */
  start(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    this.#runAt(this.#core.clock.now() + INTERVAL_MS);
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#round = null;
    this.#runAt(Number.POSITIVE_INFINITY);
  }

  #runAt(atMs: number): void {
    this.#core.timer.set(this.#run, atMs);
  }

  #turn(): void {
    this.#round ??= this.#begin();
    const round = this.#round;
    if (round === null) {
      this.#isRunning = false;
      return;
    }
    try {
      this.#tellSome(round);
    } finally {
      // A listener that throws ends nothing but its own turn.
      if (!this.#isStopped) this.#goOn(round);
    }
  }

  #tellSome({ rooms, share, stats }: Round): void {
    let people = 0;
    while (people < share && rooms.length > 0) {
      people += this.#tell(rooms.pop() as LiveRoom, stats);
    }
  }

  #goOn({ rooms, startedAtMs }: Round): void {
    if (rooms.length === 0) this.#round = null;
    this.#runAt(this.#round ? this.#core.clock.now() + TURN_MS : startedAtMs + INTERVAL_MS);
  }

  /** @returns null when nobody listens. */
  #begin(): Round | null {
    const rooms = [...this.#rooms.values()].filter((room) => room.listenerCount('quality') > 0);
    if (rooms.length === 0) return null;
    const people = rooms.reduce((sum, { participants }) => sum + participants.size, 0);
    return {
      startedAtMs: this.#core.clock.now(),
      stats: new NamedStats(this.#core.admission.measure()),
      rooms: rooms.reverse(),
      share: Math.max(FEWEST_A_TURN, Math.ceil(people / MOST_TURNS)),
    };
  }

  /** @returns how many people that were. */
  #tell(room: LiveRoom, stats: NamedStats): number {
    const qualities = [...room.participants.values()].flatMap((participant) => {
      const own = stats.of(participant);
      const isThere = own.transports.length + own.inbound.length + own.outbound.length > 0;
      return isThere ? this.#meter.measure(participant, own, pictureOf(participant)) : [];
    });
    if (qualities.length > 0) room.emit('quality', qualities);
    return qualities.length;
  }
}

/** What lack of bandwidth does to a participant's video. */
function pictureOf({ subscriptions }: LiveParticipant): PictureState {
  const reduced = [...subscriptions.values()].filter(({ reason }) => reason === 'bandwidth');
  return {
    isPaused: reduced.some(({ state }) => state === 'paused'),
    isReduced: reduced.length > 0,
  };
}
