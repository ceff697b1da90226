// Records test/fixtures/congestion/golden_estimates.json: what a link gave as feedback, and what each
// profile of the congestion controller makes of it (T0.2). Anew only after a change of the algorithm
// that is meant: node node_modules/typescript/bin/tsc -p tsconfig.json && node tools/record-estimates.mjs
import { writeFileSync } from 'node:fs';
import { PROFILES } from '../out/lib/congestion/config.js';
import { CongestionController } from '../out/lib/congestion/congestion-controller.js';
import { FeedbackPath } from '../out/lib/testing/feedback-path.js';
import { estimatesOf, recordBatch } from '../out/lib/testing/recorded-batches.js';

/** A start, a drop that fills the queue, random loss, and a pause of the feedback. */
function drive() {
  const controller = new CongestionController(PROFILES['gcc-sfu']);
  controller.handleDemand({ wantBps: 5_000_000, isStepped: true });
  const path = new FeedbackPath(controller, { capacityBps: 1_000_000, jitterUs: 5000 });
  path.run(15);
  path.options.capacityBps = 300_000;
  path.run(10);
  path.options.capacityBps = 800_000;
  path.options.lossShare = 0.12;
  path.run(8);
  path.options.lossShare = 0;
  path.isFeedbackLost = true;
  path.run(3);
  path.isFeedbackLost = false;
  path.run(9);
  return path.batches.map(recordBatch);
}

const batches = drive();
const lines = (items) => items.map((item) => JSON.stringify(item)).join(',\n');
const want = Object.entries(PROFILES).map(
  ([name, config]) => `"${name}": ${JSON.stringify(estimatesOf(batches, config))}`,
);
const text = `{"batches": [\n${lines(batches)}\n],\n"want": {\n${want.join(',\n')}\n}}\n`;
writeFileSync('test/fixtures/congestion/golden_estimates.json', text);
console.log(`${batches.length} batches, ${text.length} bytes`);
