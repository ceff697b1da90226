/** What a recorder counts, and what it does when a disk refuses something in passing. */
import t from 'tap';
import { MICROPHONE, publish } from '../../test/recorder/meeting.js';
import { play } from '../../test/recorder/player.js';
import { ManifestWriter } from './manifest/writer.js';
import { diskFiles, type FileLayer, type OpenFile } from './sink/file-layer.js';
import { openRecorder, orderOf } from './testing/test-recorder.js';
import { TestRoom } from './testing/test-room.js';

t.test('counters never fall: also of tracks that have ended', async (t) => {
  const { recorder, clock } = await openRecorder();
  const room = new TestRoom();
  recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 3000);
  const names = ['packets', 'frames_received', 'frames_written'].map(
    (name) => `recorder_${name}_total`,
  );
  const counted = () => names.map((name) => recorder.stats()[name] ?? 0);
  const before = counted();
  room.unpublish(MICROPHONE, 'removed');
  await clock.pass(2000);
  t.equal(recorder.stats().recorder_tracks, 1);
  const after = counted();
  t.ok(
    after.every((count, index) => count >= (before[index] ?? 0)),
    `${before} to ${after}`,
  );
  await recorder.close();
});

/** `change` of each file that is opened. */
function filesWith(change: (file: OpenFile) => Partial<OpenFile>): FileLayer {
  return {
    ...diskFiles,
    async open(path) {
      const file = await diskFiles.open(path);
      const whole: OpenFile = {
        write: (bytes, at) => file.write(bytes, at),
        read: (at, bytes) => file.read(at, bytes),
        sync: () => file.sync(),
        truncate: (bytes) => file.truncate(bytes),
        size: () => file.size(),
        close: () => file.close(),
      };
      return { ...whole, ...change(file) };
    },
  };
}

const refuse = async () => {
  throw Object.assign(new Error('EIO'), { code: 'EIO' });
};

t.test('files that cannot be closed: what composes is ended all the same', async (t) => {
  let isClosed = false;
  const renderer = {
    ...{ slots: 1, running: 0 },
    counts: { stored: 0, failed: 0, canceled: 0, cpuSeconds: 0 },
    close: async () => {
      isClosed = true;
    },
  };
  const files = filesWith((file) => ({
    close: async () => {
      await file.close();
      await refuse();
    },
  }));
  const { recorder, clock } = await openRecorder({ files, renderer });
  const room = new TestRoom();
  recorder.begin(room, orderOf());
  await play({ room, clock }, publish(room, clock.nowUs()), 1000);
  await recorder.close();
  t.ok(isClosed);
});

t.test('what could not be made durable is, by the next sync', async (t) => {
  let isRefused = true;
  let syncs = 0;
  const files = filesWith((file) => ({
    sync: async () => {
      if (isRefused) await refuse();
      syncs++;
      await file.sync();
    },
  }));
  const { recorder, clock } = await openRecorder({ files });
  const room = new TestRoom();
  recorder.begin(room, orderOf());
  await play({ room, clock }, publish(room, clock.nowUs()), 1000);
  await clock.pass(3000);
  t.equal(syncs, 0);
  isRefused = false;
  // Nothing more is written to the files of tracks.
  await clock.pass(3000);
  t.ok(syncs >= 3, `${syncs}: two files and the manifest`);
  await recorder.close();
});

t.test('lines that wait for a disk: what repeats itself is passed over first', async (t) => {
  const writer = new ManifestWriter(
    filesWith(() => ({ write: refuse })),
    `${t.testdirName}/none`,
  );
  const counts = { frames_received: 1, frames_written: 1, frames_lost: 0 };
  for (let t = 0; t < 100_000; t++) writer.append({ type: 'counts', t, track_id: 'a', ...counts });
  writer.append({ type: 'stopped', t: 100_000, reason: 'host' });
  t.ok(writer.contents.isStopped);
});
