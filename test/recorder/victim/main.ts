// A recorder that is to be killed: FOLDER. Says each 20 ms up to which recorded time (ms) it was given media.
import { join } from 'node:path';
import { createRecorder } from '../../../recorder/src/recorder.js';
import { FileStore } from '../../../recorder/src/testing/file-store.js';
import { orderOf } from '../../../recorder/src/testing/test-recorder.js';
import { TestRoom } from '../../../recorder/src/testing/test-room.js';
import { publish } from '../meeting.js';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('main.js FOLDER');
const nowUs = () => performance.now() * 1000;
const recorder = await createRecorder({
  recorderId: 'victim',
  folder,
  store: new FileStore(join(folder, 'store')),
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  },
  nowUs,
  log: () => {},
  reserve: { minBytes: 0, share: 0 },
});
const room = new TestRoom();
const beganUs = nowUs();
recorder.begin(room, orderOf());
const loops = publish(room, beganUs);
setInterval(() => {
  for (const [id, loop] of loops) room.send(id, loop.until(nowUs()));
  process.stdout.write(`${Math.round((nowUs() - beganUs) / 1000)}\n`);
}, 20);
