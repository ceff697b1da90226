/** The media of all people of a run: one native process (bench/crowd), and what it is asked. */
import { existsSync } from 'node:fs';
import { JsonProcess } from '../../../bench/forward/json-process.js';
import { native } from '../../../bench/forward/programs.js';
import {
  LEVEL_ID,
  MID_ID,
  type PeerIdentity,
  type ServerPlace,
} from '../../../bench/forward/sdp.js';

export interface OpenTransport extends PeerIdentity {
  transport: number;
  port: number;
}

export interface TransportEvent {
  event: 'connected' | 'lost' | 'back' | 'failed';
  transport: number;
  person: number;
  silenceMs: number;
  failedChecks: number;
}

/** What one person heard of one stream since the moment (bench/crowd/ear.h). */
export interface Heard {
  person: number;
  stream: number;
  packets: number;
  repeated: number;
  late: number;
  inTime: number;
  lost: number;
  /** From sending to hearing. */
  delayP95Us: number;
  wasFlowing: 0 | 1;
  longestUs: number;
  lastUs: number;
}

/** Times are of the monotonic clock. */
export interface CrowdReport {
  atUs: number;
  /** Share of a core that the process had. */
  busy: number;
  latenessP99Us: number;
  latenessMaxUs: number;
  refused: number;
  heard: Heard[];
  transports: { transport: number; packets: number; lastUs: number }[];
}

export interface Speech {
  person: number;
  isPicture: boolean;
  isLoud: boolean;
  legs: readonly { transport: number; ssrc: number }[];
}

/** Clocks of a person: how much faster than the machine's they run, and where that of the wall begins. */
export interface PersonClock {
  /** Of capture, sound and picture alike. */
  mediaPpm?: number;
  /** Which sender reports tell. */
  wallPpm?: number;
  wallOffsetMs?: number;
}

/** Real media in place of patterns (bench/crowd/player.h): IVF files. */
export interface Play {
  /** Versions of one picture, whose key frames stand elsewhere; [sound] for a microphone. */
  files: readonly string[];
  /** DTX. */
  leavesSilence?: boolean;
}

export interface PlayRequest extends Play {
  person: number;
  isPicture: boolean;
  mid: string;
  legs: readonly PlayLeg[];
}

export interface PlayLeg {
  transport: number;
  ssrc: number;
  rtxSsrc?: number;
}

/** What became of a stream of real media. */
export interface Played {
  stream: number;
  /** When the person's clock of capture was 0, by the machine's monotonic clock, and how much faster it runs. */
  beganUs: number;
  mediaPpm: number;
  frames: number;
  keyFrames: number;
  packets: number;
  /** By RTX. */
  repeats: number;
  /** Asked for too late, or too often. */
  notKept: number;
  /** Frames for which the crowd itself was too late: the run is void. */
  skipped: number;
  refused: number;
}

const loud = 20;
const quiet = 100;

/** Of a person's speech; of the picture the next one. */
export const streamOf = (person: number, isPicture: boolean) => 2 * person + (isPicture ? 1 : 0);
export const speakerOf = (stream: number) => Math.floor(stream / 2);
export const isSpeech = (stream: number) => stream % 2 === 0;

export class CrowdProcess {
  readonly #process: JsonProcess;
  readonly #listeners = new Map<number, (event: TransportEvent) => void>();
  get pid(): number {
    return this.#process.pid;
  }

  /** Of all times that were measured. */
  readonly worst: Pick<CrowdReport, 'busy' | 'latenessP99Us'> = { busy: 0, latenessP99Us: 0 };

  constructor() {
    const program = native('plenum-crowd');
    if (!existsSync(program)) throw new Error(`${program} is not built`);
    this.#process = new JsonProcess([program], (line) => {
      const event = JSON.parse(line) as TransportEvent;
      this.#listeners.get(event.transport)?.(event);
    });
  }

  async open(
    person: number,
    address: string,
    listener: (event: TransportEvent) => void,
  ): Promise<OpenTransport> {
    const request = { do: 'open', person, address, port: 0 };
    const opened = await this.#process.ask<OpenTransport>(request);
    this.#listeners.set(opened.transport, listener);
    return opened;
  }

  async connect(transport: number, place: ServerPlace): Promise<void> {
    await this.#process.ask({ do: 'connect', transport, ...place });
  }

  /** ICE begins anew with the next `connect`; keys stay. */
  restart(transport: number): Promise<Pick<PeerIdentity, 'ufrag' | 'pwd'>> {
    return this.#process.ask({ do: 'restart', transport });
  }

  /** To another socket. @returns its port. */
  async move(transport: number, address: string): Promise<number> {
    const request = { do: 'move', transport, address, port: 0 };
    return (await this.#process.ask<{ port: number }>(request)).port;
  }

  async close(transport: number): Promise<void> {
    this.#listeners.delete(transport);
    await this.#process.ask({ do: 'close', transport });
  }

  async speak({ person, isPicture, isLoud, legs }: Speech): Promise<void> {
    await this.#process.ask({
      do: 'speak',
      stream: streamOf(person, isPicture),
      video: isPicture ? 1 : 0,
      mid: '0',
      midId: MID_ID,
      levelId: isPicture ? 0 : LEVEL_ID,
      level: isLoud ? loud : quiet,
      legs: legs.map(({ transport, ssrc }) => ({ transport, ssrc })),
    });
  }

  /** Before the person plays. */
  async setClock(person: number, clock: PersonClock): Promise<void> {
    const { mediaPpm = 0, wallPpm = 0, wallOffsetMs = 0 } = clock;
    await this.#process.ask({ do: 'clock', person, mediaPpm, wallPpm, wallOffsetMs });
  }

  async play({ person, isPicture, mid, legs, files, leavesSilence }: PlayRequest): Promise<void> {
    await this.#process.ask({
      ...{ do: 'speak', person, stream: streamOf(person, isPicture), media: files },
      ...{ mid, midId: MID_ID, levelId: isPicture ? 0 : LEVEL_ID, level: loud },
      dtx: leavesSilence ? 1 : 0,
      legs: legs.map(({ transport, ssrc, rtxSsrc = 0 }) => ({ transport, ssrc, rtxSsrc })),
    });
  }

  /** Nothing is sent of a stream that plays, and time goes on; or it is sent again. */
  async hold(stream: number, isHeld: boolean): Promise<void> {
    await this.#process.ask({ do: 'hold', stream, held: isHeld ? 1 : 0 });
  }

  async played(): Promise<Played[]> {
    return (await this.#process.ask<{ streams: Played[] }>({ do: 'played' })).streams;
  }

  /** Measuring begins anew; `again`: of people, not of this process itself. @returns when, µs. */
  async moment(how: 'moment' | 'again' = 'moment'): Promise<number> {
    return (await this.#process.ask<{ atUs: number }>({ do: how })).atUs;
  }

  heard(): Promise<CrowdReport> {
    return this.#process.ask({ do: 'heard' });
  }

  /** The same, of a time of which something is to be measured: this process must have kept up with it. */
  async measured(): Promise<CrowdReport> {
    const report = await this.heard();
    this.worst.busy = Math.max(this.worst.busy, report.busy);
    this.worst.latenessP99Us = Math.max(this.worst.latenessP99Us, report.latenessP99Us);
    return report;
  }

  end(): Promise<void> {
    return this.#process.close();
  }
}
