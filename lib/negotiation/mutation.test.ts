import t from 'tap';
import { PlenumError } from '../errors.js';
import {
  FIXTURE_FRAGMENT,
  FIXTURE_LOCAL,
  FIXTURE_SLOTS,
  sdpFixture,
  sdpFixtureNames,
} from '../testing/sdp-fixtures.js';
import { seededRandom } from '../testing/seeded-random.js';
import { readIceFragment, writeIceFragment } from './ice-fragment.js';
import { readPublishOffer, writePublishAnswer } from './publish.js';
import { parseFragment, parseSdp } from './sdp.js';
import { readSubscribeAnswer } from './subscribe.js';
import { readSubscribeOffer, writeSubscribeAnswer } from './subscribe-offer.js';

const MUTATIONS = 4000;
const SEED = 20_261_125;

type Random = (below: number) => number;

/** One change of a kind that breaks parsers: bytes, lines, numbers, repetitions. */
function mutate(text: string, random: Random): string {
  const lines = text.split('\r\n');
  const at = random(lines.length);
  const line = lines[at] as string;
  const position = random(line.length + 1);
  const changes = [
    () => lines.splice(at, 1),
    () => lines.splice(at, 0, lines[random(lines.length)] as string),
    () => lines.splice(at, 1, line.slice(0, position)),
    () =>
      lines.splice(
        at,
        1,
        line.slice(0, position) + String.fromCharCode(random(256)) + line.slice(position),
      ),
    () => lines.splice(at, 1, line.replace(/\d+/, String(random(2 ** 31) * 7))),
    () => lines.splice(at, 1, line.replace(/[\w-]+/, '')),
    () => lines.splice(at, 1, line.repeat(2 + random(200))),
    () => lines.splice(at, 1, `${line.slice(0, 2)}${' '.repeat(random(5000))}`),
    () => lines.splice(random(lines.length), 0, `${line}${';,: /'[random(5)]}`),
  ];
  changes[random(changes.length)]?.();
  return lines.join('\r\n');
}

function use(name: string, text: string): void {
  if (name.includes('answer')) {
    readSubscribeAnswer(text, FIXTURE_SLOTS);
    return;
  }
  if (name.includes('whep')) {
    const offer = readSubscribeOffer(text);
    const slots = offer.slots.map((slot) => ({ ...slot, ssrc: 1, rtxSsrc: 0, cname: 'plenum' }));
    parseSdp(writeSubscribeAnswer(offer, slots, FIXTURE_LOCAL, { id: 1, version: 1 }));
    return;
  }
  if (name.includes('fragment')) {
    parseFragment(writeIceFragment(readIceFragment(text), FIXTURE_LOCAL));
    return;
  }
  const offer = readPublishOffer(text);
  const wanted = new Set(offer.tracks.filter(({ sends }) => sends).map(({ mid }) => mid));
  parseSdp(writePublishAnswer(offer, wanted, FIXTURE_LOCAL, { id: 1, version: 1 }));
}

t.test(`${MUTATIONS} broken descriptions, seed ${SEED}`, async (t) => {
  const random = seededRandom(SEED);
  const names = sdpFixtureNames();
  const texts = new Map(names.map((name) => [name, sdpFixture(name)]));
  names.push('fragment');
  texts.set('fragment', FIXTURE_FRAGMENT);
  let rejected = 0;
  for (let run = 0; run < MUTATIONS; run++) {
    const name = names[random(names.length)] as string;
    let text = texts.get(name) as string;
    for (let count = 1 + random(4); count > 0; count--) text = mutate(text, random);
    try {
      use(name, text);
    } catch (error) {
      rejected++;
      if (!(error instanceof PlenumError) || error.code !== 'sdp_rejected') {
        t.fail(`run ${run} of ${name}: ${error}`, { text });
      }
    }
  }
  t.ok(rejected > MUTATIONS / 4 && rejected < MUTATIONS, `${rejected} rejected`);
});
