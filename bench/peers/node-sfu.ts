/** The node as one of the peers. */

import type { NodeAnswer } from '../forward/node-protocol.js';
import type { ForwardOptions } from '../forward/options.js';
import { type LoadPeer, NodeProgram, type Placement } from '../forward/programs.js';
import { placeOf, type ServerPlace, writeOffer } from '../forward/sdp.js';
import type { Sfu } from './sfu.js';

export class NodeSfu implements Sfu {
  readonly name = 'plenum';
  readonly #options: ForwardOptions;
  readonly #program: NodeProgram;
  #joined = 0;

  constructor(options: ForwardOptions, place: Placement) {
    this.#options = options;
    this.#program = new NodeProgram(place);
  }

  setUp(address: string): Promise<void> {
    return this.#program.setUp(this.#options, { address, pacing: 'off', rooms: 1, loudest: 0 });
  }

  publish(peer: LoadPeer, ssrc: number): Promise<ServerPlace> {
    return this.#join(peer, true, ssrc);
  }

  subscribe(peer: LoadPeer): Promise<ServerPlace> {
    return this.#join(peer, false);
  }

  /** Of the whole process, JavaScript included. */
  async cpuUs(): Promise<number> {
    return (await this.#program.read()).processCpuUs;
  }

  close(): Promise<void> {
    return this.#program.close();
  }

  async #join(peer: LoadPeer, publishes: boolean, ssrc?: number): Promise<ServerPlace> {
    const line = { kind: 'video', mid: '0', ...(ssrc === undefined ? {} : { ssrc }) } as const;
    const sdp = writeOffer(peer, [line], { transportCc: false });
    const id = `${this.#joined++}`;
    const answers = await this.#program.join([{ room: 0, id, publishes, sdp }]);
    return placeOf(answers[0] as NodeAnswer);
  }
}
