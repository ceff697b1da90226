/** A program as an operator would write it for `--driver`, around the node. */
import { createInterface } from 'node:readline';
import { readCommandLine } from '../../../bench/forward/options.js';
import type { LoadPeer } from '../../../bench/forward/programs.js';
import { NodeSfu } from '../../../bench/peers/node-sfu.js';

const sfu = new NodeSfu(readCommandLine([]).options, (argv) => [...argv]);

async function answer(line: string): Promise<object> {
  const { do: what, address, ssrc, ...peer } = JSON.parse(line);
  if (what === 'publish') return sfu.publish(peer as LoadPeer, ssrc);
  if (what === 'subscribe') return sfu.subscribe(peer as LoadPeer);
  await sfu.setUp(address);
  return { name: 'driven', pids: [process.pid] };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(line)));
}
await sfu.close();
