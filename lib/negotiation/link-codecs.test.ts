import t from 'tap';
import { NO_RTX } from './codecs.js';
import { describeLinkCodecs, linkCodecs, readLinkCodecs } from './link-codecs.js';

t.test('every format has a payload type of its own, and one to be sent again under', async (t) => {
  for (const kind of ['audio', 'video'] as const) {
    const types = linkCodecs(kind).flatMap((one) => [one.payloadType, one.rtxPayloadType]);
    t.equal(new Set(types).size, types.length);
    t.notOk(types.includes(NO_RTX));
    t.match(readLinkCodecs(kind, describeLinkCodecs(kind, linkCodecs(kind))), linkCodecs(kind));
  }
});

t.test(
  'RED of a node of an earlier release, which cannot send it again, is not asked for',
  async (t) => {
    const told = describeLinkCodecs('audio', linkCodecs('audio')).map((one) => {
      const { rtxPayloadType, ...rest } = one;
      return one.codec === 'red' ? rest : one;
    });
    const read = readLinkCodecs('audio', told);
    t.match(
      read.find(({ codec }) => codec === 'red'),
      { nack: false, rtxPayloadType: NO_RTX },
    );
    t.match(
      read.find(({ codec }) => codec === 'opus'),
      { nack: true },
    );
  },
);
