import t from 'tap';
import { diagnosticsText, type Look, statisticsOf } from './statistics.js';

const codec = { type: 'codec', id: 'C', mimeType: 'video/VP8' };
const pair = {
  type: 'candidate-pair',
  id: 'P',
  nominated: true,
  remoteCandidateId: 'R',
  currentRoundTripTime: 0.0421,
  availableOutgoingBitrate: 1_200_000,
};
const remote = { type: 'remote-candidate', id: 'R', protocol: 'udp', address: '192.0.2.7' };

function look(atMs: number, bytes: number, packets: number): Look {
  const sent = {
    type: 'outbound-rtp',
    id: 'O',
    kind: 'video',
    mid: '1',
    rid: 'h',
    codecId: 'C',
    bytesSent: bytes,
    packetsSent: packets,
    frameWidth: 640,
    frameHeight: 360,
    qualityLimitationReason: 'bandwidth',
  };
  const received = {
    type: 'inbound-rtp',
    id: 'I',
    kind: 'audio',
    mid: '0',
    bytesReceived: bytes / 10,
    packetsReceived: packets,
    packetsLost: 3,
    jitter: 0.004,
  };
  return { atMs, publish: new Map(entries(sent, codec, pair, remote)), subscribe: map(received) };
}

function entries(...rows: { id: string }[]): [string, object][] {
  return rows.map((row) => [row.id, row]);
}

function map(...rows: { id: string }[]): Map<string, object> {
  return new Map(entries(...rows));
}

t.test('rates are per second between two looks', (t) => {
  const { streams, transports } = statisticsOf(look(3_000, 30_000, 300), look(1_000, 10_000, 100));
  t.match(streams, [
    { direction: 'sent', label: 'h', codec: 'VP8', bitrateBps: 80_000, packetsPerSecond: 100 },
    { direction: 'received', label: '0', bitrateBps: 8_000, packetsLost: 3, jitterMs: 4 },
  ]);
  t.match(streams[0], { width: 640, height: 360, limitation: 'bandwidth' });
  t.same(transports, [
    { direction: 'publish', protocol: 'udp', rttMs: 42, availableBps: 1_200_000 },
  ]);
  t.end();
});

t.test('the first look has no rates, and a counter that went back is none', (t) => {
  const [first] = statisticsOf(look(1_000, 10_000, 100), undefined).streams;
  t.equal(first?.bitrateBps, 0);
  const [again] = statisticsOf(look(2_000, 0, 0), look(1_000, 10_000, 100)).streams;
  t.equal(again?.bitrateBps, 0);
  t.end();
});

t.test('no address gets into what is copied', (t) => {
  const statistics = statisticsOf(look(3_000, 30_000, 300), look(1_000, 10_000, 100));
  const copied = diagnosticsText(statistics, 'a browser', new Date(0));
  t.notMatch(copied, /192\.0\.2\.7|ufrag|address/);
  t.match(JSON.parse(copied), { browser: 'a browser', at: '1970-01-01T00:00:00.000Z' });
  t.end();
});
