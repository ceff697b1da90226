// Every capture through the whole engine with layers switched at random: numbers without holes,
// time that goes on, and every decoded picture is one of the recording's own.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readRecording } from './recording.js';
import { reportOf } from './report.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'captures');
const files = readdirSync(folder).filter((file) => /\.(pcap|rtpdump)$/.test(file));
/** Ours have three layers, and enough switches to see each. */
const isLayered = (file: string) => /^chromium_\w+_(simulcast|l3t3)/.test(file);
/** Those of ours have all layers and key frames each second. */
const seedsOf = (file: string) => (file.startsWith('chromium_') ? [11, 12] : [11]);

for (const file of files) {
  t.test(file, async (t) => {
    const { missing, ownErrors, runs } = await reportOf(
      readRecording(join(folder, file)),
      seedsOf(file),
      { shardCounts: [1, 2] },
    );
    for (const run of runs) {
      t.comment(JSON.stringify(run));
      t.equal(run.duplicates, 0, 'no number twice');
      t.equal(run.backwards, 0, 'time goes on');
      t.ok(run.decoderErrors <= ownErrors, 'no more decoder errors than the recording has');
      if (missing > 0) continue;
      t.equal(run.gaps, 0, 'no hole where the recording has none');
      t.equal(run.strangers, 0, 'every picture is one of the recording');
      if (file.startsWith('chromium_')) t.ok(run.packets > 100, 'the subscriber is served');
    }
    if (isLayered(file)) {
      t.equal(Math.max(...runs.map(({ sizes }) => sizes)), 3, 'every layer was seen');
    }
  });
}
