/**
 * What forwarding costs beside the bare forwarder, on this machine and in this run: CPU time of the
 * media threads per packet out, from real publishers to real subscribers (docs/benchmarking.md).
 *   ./run bench forward [--row 1|2|3|3b|4|5] [--OPTION VALUE …] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { measure } from './forward/measure.js';
import { runMeetings } from './forward/meetings.js';
import { meetingsDocument, meetingsHeadline, printMeetings } from './forward/meetings-report.js';
import { type CommandLine, MEETINGS_ROW, readCommandLine } from './forward/options.js';
import { openPlace } from './forward/place.js';
import { printProfile, profile } from './forward/profile.js';
import { forwardDocument, headline, printTable, type Run, voids } from './forward/report.js';
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
    const profiles = options.perf === 'on' ? await profileBoth(world, options.seconds) : {};
    return {
      ...{ options, row, pairs, profiles },
      generatorLimitPps: load.received / load.seconds / load.busy,
      rssPerSubscriptionBytes: world.rssPerSubscription,
    };
  } finally {
    await world.close();
    place.close();
  }
}

async function profileBoth(world: World, seconds: number): Promise<Run['profiles']> {
  const profiles: Run['profiles'] = {};
  for (const target of ['node', 'ideal'] as const) {
    const measured = measure(world, target, seconds);
    const taken = await profile(world[target].pid, seconds);
    await measured;
    if (taken) profiles[target] = taken;
  }
  return profiles;
}

async function runRow5({ options, json }: CommandLine): Promise<string[]> {
  const place = openPlace(options);
  try {
    const result = await runMeetings(options, place, options.meetings);
    printMeetings(result);
    if (json) store(json, meetingsDocument(options, result));
    if (result.void === null) console.log(meetingsHeadline(result));
    return result.void === null ? [] : [result.void];
  } finally {
    place.close();
  }
}

async function runPairs(commandLine: CommandLine): Promise<string[]> {
  const result = await run(commandLine);
  printTable(result);
  for (const [target, taken] of Object.entries(result.profiles)) printProfile(target, taken);
  if (commandLine.json) store(commandLine.json, forwardDocument(result));
  const reasons = voids(result);
  if (reasons.length === 0) console.log(headline(result));
  return reasons;
}

function store(file: string, document: object): void {
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
}

const commandLine = readCommandLine(process.argv.slice(2));
console.log(JSON.stringify(commandLine.options));
const isMeetings = commandLine.row === MEETINGS_ROW;
const reasons = await (isMeetings ? runRow5(commandLine) : runPairs(commandLine));
for (const reason of reasons) console.log(`void: ${reason}`);
if (reasons.length > 0) process.exitCode = 1;
