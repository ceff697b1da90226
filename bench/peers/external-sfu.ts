/**
 * A program of the operator's that sets up another SFU (docs/benchmarking.md has the protocol):
 * lines of JSON, one answer each.
 */

import { JsonProcess } from '../forward/json-process.js';
import type { ForwardOptions } from '../forward/options.js';
import type { LoadPeer } from '../forward/programs.js';
import type { ServerPlace } from '../forward/sdp.js';
import { VIDEO } from './janus-sdp.js';
import { processCpuUs, type Sfu } from './sfu.js';

export class ExternalSfu implements Sfu {
  name: string;
  readonly #process: JsonProcess;
  #address = '';
  #pids: number[] = [];

  constructor(argv: readonly string[]) {
    this.name = argv.join(' ');
    this.#process = new JsonProcess(argv);
  }

  async setUp(address: string, profile: ForwardOptions['profile']): Promise<void> {
    this.#address = address;
    const question = { do: 'setup', address, profile, core: 0 };
    const { name, pids } = await this.#process.ask<{ name: string; pids: number[] }>(question);
    this.name = name;
    this.#pids = pids;
  }

  publish(peer: LoadPeer, ssrc: number): Promise<ServerPlace> {
    return this.#process.ask({ do: 'publish', ...this.#describe(peer), ssrc });
  }

  subscribe(peer: LoadPeer): Promise<ServerPlace> {
    return this.#process.ask({ do: 'subscribe', ...this.#describe(peer) });
  }

  cpuUs(): number {
    return this.#pids.reduce((sum, pid) => sum + processCpuUs(pid), 0);
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  #describe({ port, ufrag, pwd, fingerprint }: LoadPeer): object {
    return { address: this.#address, port, ufrag, pwd, fingerprint, ...VIDEO };
  }
}
