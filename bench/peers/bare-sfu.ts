/**
 * The forwarder that knows no protocol. `bare`: without segmentation offload, by OpenSSL: one packet a
 * message, sendmmsg. `ideal`: with all that the machine has; nobody forwards for less.
 */
import type { ForwardOptions } from '../forward/options.js';
import {
  IdealProgram,
  type IdealRoom,
  type LoadPeer,
  type Placement,
} from '../forward/programs.js';
import type { ServerPlace } from '../forward/sdp.js';
import type { Sfu } from './sfu.js';

export class BareSfu implements Sfu {
  readonly #options: ForwardOptions;
  readonly #program: IdealProgram;
  readonly #room: IdealRoom = { sources: [], sinks: [] };
  #address = '';

  constructor(
    readonly name: 'bare' | 'ideal',
    options: ForwardOptions,
    place: Placement,
  ) {
    this.#options = name === 'ideal' ? options : { ...options, gso: 'off', crypto: 'openssl' };
    this.#program = new IdealProgram(place);
  }

  async setUp(address: string): Promise<void> {
    this.#address = address;
  }

  async publish(_: LoadPeer, ssrc: number): Promise<ServerPlace> {
    this.#room.sources.push(ssrc);
    return { address: this.#address, port: 0, ufrag: '', pwd: '' };
  }

  async subscribe({ peer, port }: LoadPeer): Promise<ServerPlace> {
    this.#room.sinks.push({ address: this.#address, port, key: peer });
    return { address: this.#address, port: 0, ufrag: '', pwd: '' };
  }

  async start(): Promise<{ address: string; port: number }> {
    const port = await this.#program.setUp(this.#address, this.#options, [this.#room]);
    return { address: this.#address, port };
  }

  async cpuUs(): Promise<number> {
    return (await this.#program.read()).cpuUs;
  }

  close(): Promise<void> {
    return this.#program.close();
  }
}
