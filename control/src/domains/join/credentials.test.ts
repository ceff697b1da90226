import t from 'tap';
import { MemoryBus } from '../../bus/memory-bus.js';
import type { ControlError } from '../../control-error.js';
import { soleOwner } from '../../fleet/elsewhere.js';
import { nobody } from '../../principal.js';
import { TestClock } from '../../testing/test-clock.js';
import type { MeetingDoor } from '../meetings/service.js';
import { Credentials } from './credentials.js';

const right = 'open sesame';
const meeting = {
  meetingId: 'm',
  hostId: null,
  passcodeSealed: Buffer.of(1),
  policy: { has_passcode: true },
};

/** Whoever tries at once is looked up at once: all are told about the meeting in the same moment. */
async function tryAtOnce(passcodes: string[], addressOf: (index: number) => string) {
  const clock = new TestClock();
  let answer: (link: object) => void = () => {};
  const link = new Promise<object>((resolve) => {
    answer = resolve;
  });
  const door = { byCode: () => link, passcodeOf: () => right } as unknown as MeetingDoor;
  const limits = {
    perAddress: { count: 3, windowMs: 60_000 },
    perMeeting: { count: 5, windowMs: 3_600_000 },
  };
  const credentials = new Credentials(door, limits, {
    bus: new MemoryBus(clock),
    clock,
    owners: soleOwner('own'),
  });
  const tries = passcodes.map((passcode, index) =>
    credentials.open({ code: 'c', passcode }, nobody, addressOf(index)).then(
      (opened) => (opened === null ? 'wrong' : opened.passcodeTried ? 'tried' : 'opened'),
      (error: ControlError) => error.code,
    ),
  );
  // All have passed what is asked first.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  answer({ meeting, invite: null });
  return Promise.all(tries);
}

const wrong = (count: number) => Array.from({ length: count }, (_, at) => `guess ${at}`);

t.test('of wrong passcodes tried at once no more are looked at than one may', async (t) => {
  const found = await tryAtOnce([...wrong(3), right, ...wrong(2)], () => '2001:db8::1');
  const refused = Array(3).fill('rate_limited');
  t.strictSame(found, ['wrong', 'wrong', 'wrong', ...refused], 'nor is the right one');
});

t.test('nor from all addresses of a network, while another has its own', async (t) => {
  const found = await tryAtOnce([...wrong(4), right], (index) =>
    index < 4 ? `2001:db8::${index}` : '2001:db8:1::1',
  );
  t.strictSame(found, ['wrong', 'wrong', 'wrong', 'rate_limited', 'opened']);
});

t.test('tried at once from many networks the right one leads to the lobby only', async (t) => {
  const found = await tryAtOnce([...wrong(5), right], (index) => `192.0.2.${index}`);
  t.strictSame(found, [...Array(5).fill('wrong'), 'tried']);
});

t.test('right ones are no tries, however many come at once', async (t) => {
  const found = await tryAtOnce(Array(20).fill(right), () => '192.0.2.1');
  t.strictSame(found, Array(20).fill('opened'));
});
