/** Session descriptions of real browsers, captured by tools/capture-sdp.mjs. For tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalParameters } from '../negotiation/association.js';
import type { SlotDescription } from '../negotiation/subscribe.js';

/** out/lib/testing → the root of the repository. */
const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'sdp');

export const BROWSERS = ['chromium', 'firefox'] as const;

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
