/** What both directions share: the BUNDLE group and one ICE and DTLS association under it. */
import { candidateAttributes, connectionOf, type HostAddress } from './candidates.js';
import { reject } from './reject.js';
import { isLive, type RtpMedia, readMid } from './rtp-media.js';
import {
  type Attribute,
  attributeOf,
  attributesOf,
  type Media,
  type Section,
  type Session,
} from './sdp.js';

export interface IceCredentials {
  ufrag: string;
  pwd: string;
}

/** The other side of the association. */
export interface RemoteParameters extends IceCredentials {
  /** SHA-256 of its certificate, 32 bytes. */
  fingerprint: Uint8Array;
  setup: 'actpass' | 'active' | 'passive';
}

/** Our side of the association. */
export interface LocalParameters extends IceCredentials {
  /** `AB:CD:…`, SHA-256 (RFC 8122). */
  fingerprint: string;
  /** At least one; the first is the default candidate. */
  addresses: readonly HostAddress[];
}

const MIXED_EXTENSIONS = 'extmap-allow-mixed';
const PROTOCOL = 'UDP/TLS/RTP/SAVPF';
/** What means the same in an offer (RFC 9429 §5.1.2); the answer repeats it. */
const PROTOCOLS = /^(?:(?:UDP|TCP)\/TLS\/)?RTP\/SAVPF?$/;

/**
 * The m-lines that take part, all in one BUNDLE group.
 * @throws PlenumError `sdp_rejected` for a repeated mid and for an m-line outside of the group.
 */
export function bundledMedia(session: Session): Media[] {
  const mids = session.media.filter(isLive).map(readMid);
  if (new Set(mids).size !== mids.length) reject('a mid twice');
  const groups = attributesOf(session, 'group').filter((value) => /^BUNDLE(?: |$)/.test(value));
  const bundle = new Set(groups[0]?.split(' ').slice(1));
  if (groups.length > 1 || mids.some((mid) => !bundle.has(mid))) {
    reject('BUNDLE is needed: one group with every m-line');
  }
  return session.media.filter(isLive);
}

/** An m-line of audio or video as browsers send it; others get port 0. */
export function isRtp(media: Media): boolean {
  return PROTOCOLS.test(media.protocol) && (media.kind === 'audio' || media.kind === 'video');
}

/** For a bundle-only m-line the tagged one has said it (RFC 9143 §7.1.3). */
export function checkMux(media: RtpMedia, isTagged = true): void {
  if (!media.rtcpMux && (isTagged || !media.bundleOnly)) {
    reject('rtcp-mux is needed in every m-line');
  }
}

/** Of the first m-line of the group, which speaks for it (RFC 8843 §7.2); else of the session. */
export function readRemote(session: Session, tagged: Media): RemoteParameters {
  const read = (name: string) => attributeOf(tagged, name) ?? attributeOf(session, name);
  // RFC 8445 §6.1.1: then neither would ever send a check.
  if (attributeOf(session, 'ice-lite') !== undefined) reject('ice-lite: the node is lite itself');
  const { ufrag, pwd } = checkCredentials(read('ice-ufrag') ?? '', read('ice-pwd') ?? '');
  const setup = read('setup') ?? 'active';
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive') reject('an unknown setup');
  return { ufrag, pwd, fingerprint: readFingerprint(session, tagged), setup };
}

/** A copy: what V8 cuts out of a description would keep the whole of it, as long as it is kept. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

/** RFC 8839 §5.4. @throws PlenumError `sdp_rejected`. */
export function checkCredentials(ufrag: string, pwd: string): IceCredentials {
  if (!/^[A-Za-z0-9+/]{4,256}$/.test(ufrag)) reject('a missing or malformed ice-ufrag');
  if (!/^[A-Za-z0-9+/]{22,256}$/.test(pwd)) reject('a missing or malformed ice-pwd');
  return { ufrag: detached(ufrag), pwd: detached(pwd) };
}

function readFingerprint(session: Session, tagged: Media): Uint8Array {
  const own = attributesOf(tagged, 'fingerprint');
  const values = own.length > 0 ? own : attributesOf(session, 'fingerprint');
  for (const value of values) {
    const match = /^sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i.exec(value);
    if (match) return Uint8Array.from(Buffer.from((match[1] as string).replaceAll(':', ''), 'hex'));
  }
  return reject('no sha-256 fingerprint');
}

/**
 * Whether packets with one-byte and with two-byte extension headers may be mixed (RFC 8285 §6). A
 * dependency descriptor with its structure needs the second; without leave, Chromium sends none.
 */
export function allowsMixedExtensions(session: Session): boolean {
  const isAllowed = (section: Section) => attributeOf(section, MIXED_EXTENSIONS) !== undefined;
  const live = session.media.filter(isLive);
  return isAllowed(session) || (live.length > 0 && live.every(isAllowed));
}

/**
 * What we write. `id` stays for the life of a transport, `version` counts up. An answer says of
 * mixed extension headers what the offer said; we offer them.
 */
export function localSession(
  identity: { id: number; version: number },
  local: LocalParameters,
  media: Media[],
  mixesExtensions: boolean,
): Session {
  const live = media.filter(({ port }) => port !== 0);
  const bundle = live.map(readMid);
  // Only the first speaks for the group; candidates in all would be most of the text.
  live[0]?.attributes.unshift(...candidateAttributes(local.addresses));
  return {
    lines: [
      { type: 'o', value: `- ${identity.id} ${identity.version} IN IP4 127.0.0.1` },
      { type: 's', value: '-' },
      { type: 't', value: '0 0' },
    ],
    attributes: [
      ...(bundle.length > 0 ? [{ name: 'group', value: `BUNDLE ${bundle.join(' ')}` }] : []),
      ...(mixesExtensions ? [flag(MIXED_EXTENSIONS)] : []),
      flag('ice-lite'),
      { name: 'fingerprint', value: `sha-256 ${local.fingerprint}` },
      { name: 'msid-semantic', value: 'WMS *' },
    ],
    media,
  };
}

/** The lines with which an m-line of ours begins, up to its mid. */
export function localMedia(
  { mid, kind }: { mid: string; kind: string },
  local: LocalParameters,
  setup: 'actpass' | 'passive',
): Media {
  const first = local.addresses[0] as HostAddress;
  return {
    kind,
    port: first.port,
    protocol: PROTOCOL,
    formats: [],
    lines: [{ type: 'c', value: connectionOf(first.address) }],
    attributes: [
      { name: 'ice-ufrag', value: local.ufrag },
      { name: 'ice-pwd', value: local.pwd },
      { name: 'setup', value: setup },
      { name: 'mid', value: mid },
    ],
  };
}

/** The lines with which the answer to an m-line begins: as `localMedia`, and mux as offered. */
export function answerMedia(
  offered: Media,
  track: { mid: string; kind: string },
  local: LocalParameters,
): Media {
  const answer = localMedia(track, local, 'passive');
  const mux = ['rtcp-mux-only', 'rtcp-rsize'].filter(
    (name) => attributeOf(offered, name) !== undefined,
  );
  return {
    ...answer,
    protocol: offered.protocol,
    attributes: [...answer.attributes, flag('rtcp-mux'), ...mux.map(flag)],
  };
}

/** The answer to an m-line that is not taken (RFC 3264 §6): port 0, the formats as they were. */
export function refuseMedia({ kind, protocol, formats, attributes }: Media): Media {
  return {
    kind,
    port: 0,
    protocol,
    formats,
    lines: [{ type: 'c', value: 'IN IP4 0.0.0.0' }],
    attributes: [...attributes.filter(({ name }) => name === 'mid'), flag('inactive')],
  };
}

export function flag(name: string): Attribute {
  return { name, value: null };
}
