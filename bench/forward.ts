/**
 * What forwarding costs beside the bare forwarder, on this machine and in this run: CPU time of the
 * media threads per packet out, from real publishers to real subscribers (docs/benchmarking.md).
 *   ./run bench forward [--row 1|2|3|3b|4] [--OPTION VALUE …] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { measure } from './forward/measure.js';
import { type CommandLine, readCommandLine } from './forward/options.js';
import { openPlace } from './forward/place.js';
import { document, headline, printTable, type Run, voids } from './forward/report.js';
import { World } from './forward/world.js';

const QUALIFICATION_S = 1;

async function run({ options, row }: CommandLine): Promise<Run> {
  const place = openPlace(options);
  const world = new World(options, place);
  try {
    await world.open();
    const { load } = await measure(world, 'ideal', QUALIFICATION_S);
    const pairs: Run['pairs'] = [];
    for (let pair = 0; pair < options.pairs; pair += 1) {
      const node = await measure(world, 'node', options.seconds);
      pairs.push({ node, ideal: await measure(world, 'ideal', options.seconds) });
    }
    return {
      ...{ options, row, pairs },
      generatorLimitPps: load.received / load.seconds / load.busy,
      rssPerSubscriptionBytes: world.rssPerSubscription,
    };
  } finally {
    await world.close();
    place.close();
  }
}

const commandLine = readCommandLine(process.argv.slice(2));
console.log(JSON.stringify(commandLine.options));
const result = await run(commandLine);
printTable(result);
const reasons = voids(result);
if (commandLine.json) {
  writeFileSync(commandLine.json, `${JSON.stringify(document(result), null, 2)}\n`);
}
if (reasons.length > 0) {
  for (const reason of reasons) console.log(`void: ${reason}`);
  process.exitCode = 1;
} else {
  console.log(headline(result));
}
