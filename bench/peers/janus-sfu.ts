/** Janus, as Debian builds it, with its video room: one process with a configuration of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { claimPort } from '../../control/src/testing/test-ports.js';
import type { LoadPeer, Placement } from '../forward/programs.js';
import { placeOf, type ServerPlace } from '../forward/sdp.js';
import { JanusSession } from './janus-api.js';
import { publisherOffer, subscriberAnswer } from './janus-sdp.js';
import { processCpuUs, type Sfu } from './sfu.js';

const ROOM = 1;
const FEED = 1;
const PATIENCE_MS = 10_000;
const MOST_BPS = 1_000_000_000;

/** The program's path; null: it is not installed. `given`: a path, else it is looked for. */
export function findJanus(given?: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = given === undefined ? folders.map((folder) => join(folder, 'janus')) : [given];
  return places.find((place) => existsSync(place)) ?? null;
}

/** Where a build keeps its plugins and transports: below lib of the same prefix. */
function librariesOf(program: string): string {
  const lib = join(dirname(dirname(program)), 'lib');
  const below = existsSync(lib) ? readdirSync(lib).map((name) => join(lib, name, 'janus')) : [];
  const found = [join(lib, 'janus'), ...below].find((folder) =>
    existsSync(join(folder, 'plugins')),
  );
  if (!found) throw new Error(`no plugins of ${program} below ${lib}`);
  return found;
}

function others(folder: string, wanted: string): string {
  const libraries = readdirSync(folder).filter((name) => name.endsWith('.so'));
  return libraries.filter((name) => name !== wanted).join(',');
}

export class JanusSfu implements Sfu {
  readonly name: string;
  readonly #program: string;
  readonly #eventLoops: number;
  readonly #place: Placement;
  readonly #folder = mkdtempSync(join(tmpdir(), 'plenum-janus-'));
  #address = '';
  #child: ChildProcess | undefined;
  #session: JanusSession | undefined;

  /** `eventLoops` 0: Janus' default, a thread for each participant. */
  constructor(program: string, eventLoops: number, place: Placement) {
    this.name = eventLoops === 0 ? 'janus' : `janus-loops-${eventLoops}`;
    this.#program = program;
    this.#eventLoops = eventLoops;
    this.#place = place;
  }

  async setUp(address: string): Promise<void> {
    this.#address = address;
    const port = await claimPort();
    this.#configure(port);
    const file = join(this.#folder, 'janus.jcfg');
    const argv = [this.#program, '--configs-folder', this.#folder, '--config', file];
    const [program, ...rest] = this.#place(argv, 'ideal') as [string, ...string[]];
    this.#child = spawn(program, rest, { stdio: 'ignore' });
    const session = await this.#connect(`ws://127.0.0.1:${port}/janus`);
    this.#session = session;
    const room = { room: ROOM, publishers: 1, bitrate: MOST_BPS, videocodec: 'vp8', fir_freq: 0 };
    const extensions = { transport_wide_cc_ext: false, playoutdelay_ext: false };
    await session.message(await session.attach(), {
      ...{ request: 'create', ...room, ...extensions },
    });
  }

  async publish(peer: LoadPeer, ssrc: number): Promise<ServerPlace> {
    const session = this.#session as JanusSession;
    const handle = await session.attach();
    const body = { request: 'joinandconfigure', ptype: 'publisher', room: ROOM, id: FEED };
    const sdp = publisherOffer(peer, this.#address, ssrc);
    const { jsep } = await session.message(handle, body, { type: 'offer', sdp });
    if (!jsep) throw new Error('Janus gave no answer to an offer');
    return placeOf({ sdp: jsep.sdp });
  }

  async subscribe(peer: LoadPeer): Promise<ServerPlace> {
    const session = this.#session as JanusSession;
    const handle = await session.attach();
    const streams = [{ feed: FEED }];
    const body = { request: 'join', ptype: 'subscriber', room: ROOM, streams };
    const { jsep } = await session.message(handle, body);
    if (!jsep) throw new Error('Janus gave no offer to a subscriber');
    const sdp = subscriberAnswer(jsep.sdp, peer, this.#address);
    await session.message(handle, { request: 'start', room: ROOM }, { type: 'answer', sdp });
    return placeOf({ sdp: jsep.sdp });
  }

  cpuUs(): number {
    return processCpuUs(this.#child?.pid as number);
  }

  async close(): Promise<void> {
    this.#session?.close();
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #configure(port: number): void {
    const libraries = librariesOf(this.#program);
    const plugins = join(libraries, 'plugins');
    const transports = join(libraries, 'transports');
    const general = {
      ...{ configs_folder: this.#folder, plugins_folder: plugins, transports_folder: transports },
      ...{ events_folder: this.#folder, loggers_folder: this.#folder },
      ...{ interface: this.#address, debug_level: 0, session_timeout: 0 },
      ...(this.#eventLoops > 0 ? { event_loops: this.#eventLoops } : {}),
    };
    this.#write('janus', {
      general,
      // Of the addresses that it offers this alone; 127.0.0.1 is never among them.
      nat: { ice_lite: true, full_trickle: false, ice_enforce_list: this.#address },
      media: { ipv6: false },
      plugins: { disable: others(plugins, 'libjanus_videoroom.so') },
      transports: { disable: others(transports, 'libjanus_websockets.so') },
    });
    const ws = { ws: true, ws_port: port, ws_ip: '127.0.0.1' };
    this.#write('janus.transport.websockets', { general: ws });
    this.#write('janus.plugin.videoroom', { general: {} });
  }

  #write(name: string, sections: Record<string, object>): void {
    const text = Object.entries(sections).map(([section, values]) => {
      const lines = Object.entries(values).map(
        ([key, value]) => `  ${key} = ${JSON.stringify(value)}\n`,
      );
      return `${section}: {\n${lines.join('')}}\n`;
    });
    writeFileSync(join(this.#folder, `${name}.jcfg`), text.join(''));
  }

  async #connect(url: string): Promise<JanusSession> {
    const until = Date.now() + PATIENCE_MS;
    while (true) {
      try {
        return await JanusSession.open(url);
      } catch (error) {
        if (Date.now() > until || this.#child?.exitCode !== null) throw error;
        await pause(100);
      }
    }
  }
}
