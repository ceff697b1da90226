/**
 * Session descriptions of real clients. For tests. Browsers' were captured by
 * tools/capture-sdp.mjs, GStreamer's and aiortc's from their Debian 12 packages; those of OBS,
 * ffmpeg and Pion are written in the form that these programs send.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalParameters } from '../negotiation/association.js';
import type { SlotDescription } from '../negotiation/subscribe.js';

/** out/lib/testing → the root of the repository. */
const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'sdp');

export const BROWSERS = ['chromium', 'firefox'] as const;
export const WHIP_CLIENTS = ['gstreamer', 'aiortc', 'obs', 'ffmpeg'] as const;
export const WHEP_CLIENTS = ['aiortc', 'pion'] as const;

/** For example `chromium-offer`. */
export function sdpFixture(name: string): string {
  return readFileSync(join(folder, `${name}.sdp`), 'utf8');
}

export function sdpFixtureNames(): string[] {
  return readdirSync(folder).map((file) => file.replace(/\.sdp$/, ''));
}

/** The slots that the captured answers belong to. */
export const FIXTURE_SLOTS: SlotDescription[] = (['audio', 'audio', 'video', 'video'] as const).map(
  (kind, index) => ({
    mid: String(index),
    kind,
    ssrc: 1000 + index,
    rtxSsrc: kind === 'video' ? 2000 + index : 0,
    cname: 'plenum',
  }),
);

export const FIXTURE_LOCAL: LocalParameters = {
  ufrag: 'plenum00',
  pwd: 'plenumplenumplenumplenum',
  fingerprint: Array.from({ length: 32 }, () => 'AB').join(':'),
  addresses: [
    { protocol: 'udp', address: '192.0.2.1', port: 40_000 },
    { protocol: 'udp', address: '2001:db8::1', port: 40_000 },
  ],
};

/** Two candidates and the end of them, as RFC 9725 §4.3.2 shows it. */
export const FIXTURE_FRAGMENT = [
  'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw',
  'a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0',
  'a=end-of-candidates',
  '',
].join('\r\n');
