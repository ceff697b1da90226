/**
 * SDP fragments of ICE (RFC 8840 §9): what a client that cannot offer again sends by HTTP PATCH
 * (RFC 9725 §4.3): further candidates, or new credentials, which restart ICE.
 */
import {
  checkCredentials,
  flag,
  type IceCredentials,
  type LocalParameters,
} from './association.js';
import { candidateAttributes } from './candidates.js';
import { reject } from './reject.js';
import type { Media } from './sdp.js';
import { type Attribute, attributeOf, attributesOf, parseFragment, writeFragment } from './sdp.js';

export interface IceFragment {
  /** null: those of the client that are in force. */
  credentials: IceCredentials | null;
  /** `candidate:…` each, unchecked: one that is of no use is no fault of the fragment. */
  candidates: string[];
  /** `BUNDLE …`, when the client names the group. */
  group: string | null;
  /** The m-line that speaks for the group; null when everything stands at the session. */
  tagged: Media | null;
}

/** Candidates of one fragment that are looked at; a client with more has a fault. */
const MAX_CANDIDATES = 64;

/** @throws PlenumError `sdp_rejected` for anything but attributes below well-formed m-lines. */
export function readIceFragment(text: string): IceFragment {
  const session = parseFragment(text);
  const { media } = session;
  const sections = [session, ...media];
  if (sections.some(({ lines }) => lines.length > 0)) reject('a line that no fragment has');
  if (sections.every(({ attributes }) => attributes.length === 0)) reject('an empty fragment');
  const read = (name: string) =>
    sections.map((section) => attributeOf(section, name)).find((value) => value !== undefined);
  const [ufrag, pwd] = [read('ice-ufrag'), read('ice-pwd')];
  const isNamed = ufrag !== undefined || pwd !== undefined;
  const candidates = sections.flatMap((section) => attributesOf(section, 'candidate'));
  if (candidates.length > MAX_CANDIDATES) reject(`more than ${MAX_CANDIDATES} candidates`);
  return {
    credentials: isNamed ? checkCredentials(ufrag ?? '', pwd ?? '') : null,
    candidates: candidates.map((value) => `candidate:${value}`),
    group: attributeOf(session, 'group') ?? null,
    tagged: media[0] ?? null,
  };
}

/** The answer to a restart: our new credentials and all candidates, for the m-line that asked. */
export function writeIceFragment(asked: IceFragment, local: LocalParameters): string {
  const { ufrag, pwd, addresses } = local;
  const ice: Attribute[] = [
    { name: 'ice-ufrag', value: ufrag },
    { name: 'ice-pwd', value: pwd },
    ...candidateAttributes(addresses),
  ];
  const group = asked.group === null ? [] : [{ name: 'group', value: asked.group }];
  const { tagged } = asked;
  const mid = tagged?.attributes.filter(({ name }) => name === 'mid') ?? [];
  return writeFragment({
    lines: [],
    attributes: [flag('ice-lite'), ...group, ...(tagged ? [] : ice)],
    media: tagged ? [{ ...tagged, attributes: [...mid, ...ice] }] : [],
  });
}
