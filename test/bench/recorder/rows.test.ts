/** What the rows of the recorder's bench make of what they find. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { run } from '../../../bench/recorder/ffmpeg.js';
import { toneOf } from '../../../bench/recorder/media.js';
import { leastSignals, offsetFigures } from '../../../bench/recorder/offsets.js';
import { headline, keepRows, writeTable } from '../../../bench/recorder/report.js';
import { missedBars, type Row } from '../../../bench/recorder/row.js';
import { unnamedFrames, unnamedMs } from '../../../bench/recorder/rows/truth.js';
import { offsetsInTiles } from '../../../bench/recorder/tiles.js';

async function newFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-rows-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

t.test('frames that are neither there nor in a gap', (t) => {
  const times = [0, 40, 80, 200, 240, 360];
  t.equal(unnamedFrames(times, 40, []), 4);
  t.equal(unnamedFrames(times, 40, [{ from: 120, to: 200 }]), 2);
  t.equal(unnamedFrames(times, 40, [{ from: 0, to: 400 }]), 0);
  t.equal(unnamedFrames([0, 39, 81, 121], 40, []), 0, 'in ticks of a millisecond');
  t.end();
});

t.test('what no gap names before the first frame, and behind the last', (t) => {
  const gaps = [
    { from: 0, to: 100 },
    { from: 150, to: 400 },
  ];
  t.equal(unnamedMs(0, 200, gaps), 50);
  t.equal(unnamedMs(300, 1000, gaps), 600);
  t.equal(unnamedMs(300, 290, gaps), 0);
  t.end();
});

t.test('signals that are not found count', (t) => {
  t.equal(leastSignals(4, 60_000), 231);
  t.end();
});

t.test('the sound of four people in a gallery, 30 ms late, by whom it is of', async (t) => {
  const people = [0, 1, 2, 3];
  const lateMs = 30;
  const inputs = people.flatMap((person) => {
    const frame = 2 + 5 * person;
    const from = frame / 25 + lateMs / 1000;
    const wave = `if(gte(mod(t,1),${from})*lt(mod(t,1),${from + 0.1}),0.3*sin(2*PI*${toneOf(person)}*t),0)`;
    const white = `between(mod(n,25),${frame},${frame + 2})`;
    const picture = `color=c=0x202080:s=160x90:r=25:d=4,drawbox=c=white:t=fill:enable='${white}'`;
    return [
      '-f',
      'lavfi',
      '-i',
      picture,
      '-f',
      'lavfi',
      '-i',
      `aevalsrc=exprs='${wave}':s=48000:d=4`,
    ];
  });
  const file = join(await newFolder(t), 'gallery.mp4');
  const graph = [
    '[0:v][2:v][4:v][6:v]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[v]',
    '[1:a][3:a][5:a][7:a]amix=inputs=4:normalize=0[a]',
  ];
  await run('ffmpeg', [
    ...['-v', 'error', ...inputs, '-filter_complex', graph.join(';'), '-map', '[v]', '-map', '[a]'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-movflags', '+faststart', file],
  ]);
  const points = await offsetsInTiles(file, people.map(toneOf));
  t.equal(points.length, 16);
  const { medianMs, lateP95Ms } = offsetFigures(points);
  t.ok(Math.abs(medianMs - lateMs) < 1.5 && Math.abs(lateP95Ms + lateMs) < 1.5, `${medianMs}`);
});

t.test('bars, the file and the table', async (t) => {
  const folder = await newFolder(t);
  const [json, docs] = [join(folder, 'recorder.json'), join(folder, 'recording.md')];
  const row: Row = {
    row: 'cpu',
    work: { people: 40 },
    figures: { cores_per_person: 0.02 },
    bars: [{ figure: 'cores_per_person', most: 0.01 }],
    void: [],
  };
  const truth: Row = {
    row: 'truth',
    work: { seconds: 60 },
    figures: { written_per_received: 1 },
    bars: [
      { figure: 'written_per_received', least: 0.9999 },
      { figure: 'not_measured', most: 1 },
    ],
    void: [],
  };
  t.same(missedBars(truth), [{ figure: 'not_measured', most: 1 }]);
  t.match(headline([row, truth]), /missed: cpu cores_per_person, truth not_measured/);
  t.match(headline([{ ...row, bars: [], void: ['busy'] }]), /void: cpu/);
  await writeFile(docs, '# Recording\n\n## Measured\n\nold\n\n## Behind\n\nstays\n');
  keepRows(json, [truth]);
  keepRows(json, [row]);
  writeTable(docs, json);
  const { schema, rows } = JSON.parse(await readFile(json, 'utf8'));
  t.equal(schema, 'plenum-bench/1');
  t.same(Object.keys(rows).sort(), ['cpu', 'truth'], 'rows of other runs stay');
  const text = await readFile(docs, 'utf8');
  t.match(
    text,
    /\| cpu \| `cores_per_person` \| at most 0.01 \| 0.02 \*\*missed\*\* \| people 40 \|/,
  );
  t.match(text, /\n## Behind\n\nstays/);
  t.notMatch(text, /old/);
});
