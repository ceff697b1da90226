/** Commands with valid contents, for tests of engines. */
import type {
  Codec,
  Command,
  LinkCreateCommand,
  MediaKind,
  OutboundCreateCommand,
  PlainTransportCreateCommand,
  PublicationCreateCommand,
  RelayedPublicationCreateCommand,
  SubscriptionCreateCommand,
  TransportCreateCommand,
} from '../engine/contract.gen.js';
import { type Handle, indexOf, makeHandle, shardOf } from '../engine/handle.js';

export const OPUS: Codec = {
  payloadType: 111,
  codec: 'opus',
  clockRate: 48_000,
  channels: 2,
  rtxPayloadType: 255,
  format: 0,
  nack: false,
  pli: false,
  fir: false,
  transportCc: true,
};

export const VP8: Codec = {
  payloadType: 96,
  codec: 'vp8',
  clockRate: 90_000,
  channels: 1,
  rtxPayloadType: 97,
  format: 1,
  nack: true,
  pli: true,
  fir: true,
  transportCc: true,
};

/** The handle with this index, of generation 0 on shard 0. */
export function handle(index: number, generation = 0, shard = 0): Handle {
  return makeHandle(index, generation, shard);
}

export function roomCreate(room: Handle): Command {
  return {
    type: 'roomCreate',
    room,
    speakerIntervalMs: 200,
    loudest: 0,
    gateSilence: false,
    isHome: true,
  };
}

export function transportCreate(
  transport: Handle,
  room: Handle,
  own: Partial<TransportCreateCommand> = {},
): Command {
  return {
    type: 'transportCreate',
    transport,
    room,
    localUfrag: `local${transport}`,
    localPwd: 'l'.repeat(24),
    remoteUfrag: 'remote',
    remotePwd: 'r'.repeat(24),
    fingerprint: new Uint8Array(32),
    plaintext: false,
    ...own,
  };
}

export function plainTransportCreate(
  transport: Handle,
  room: Handle,
  own: Partial<PlainTransportCreateCommand> = {},
): Command {
  return {
    type: 'plainTransportCreate',
    transport,
    room,
    localIp: '127.0.0.1',
    localPort: 40_000,
    remoteIp: '127.0.0.1',
    remotePort: 5004,
    remoteRtcpPort: 0,
    token: new Uint8Array(),
    profile: 'none',
    inboundKey: new Uint8Array(),
    outboundKey: new Uint8Array(),
    ...own,
  };
}

export function linkCreate(
  transport: Handle,
  room: Handle,
  own: Partial<LinkCreateCommand> = {},
): Command {
  return {
    type: 'linkCreate',
    transport,
    room,
    localIp: '127.0.0.1',
    localPort: 40_000,
    remoteIp: '127.0.0.1',
    remotePort: 41_000,
    keyId: 7,
    inboundKey: new Uint8Array(28).fill(1),
    outboundKey: new Uint8Array(28).fill(2),
    ...own,
  };
}

export function publicationCreate(
  publication: Handle,
  transport: Handle,
  own: Partial<PublicationCreateCommand> = {},
): Command {
  return {
    type: 'publicationCreate',
    publication,
    room: handle(0),
    transport,
    kind: 'video',
    mid: `p${publication}`,
    codecs: [VP8],
    encodings: [{ rid: '', ssrc: 5000 + 2 * publication, rtxSsrc: 5001 + 2 * publication }],
    muted: false,
    alwaysForwarded: false,
    ...own,
  };
}

/** What stands on another shard for a publication, in room 0 of that shard. */
export function relayedPublicationCreate(
  publication: Handle,
  origin: Handle,
  own: Partial<RelayedPublicationCreateCommand> = {},
): Command {
  return {
    type: 'relayedPublicationCreate',
    publication,
    room: handle(0, 0, shardOf(publication)),
    origin,
    kind: 'video',
    codecs: [VP8],
    encodings: 1,
    alwaysForwarded: false,
    ...own,
  };
}

export function outboundCreate(
  outbound: Handle,
  transport: Handle,
  own: Partial<OutboundCreateCommand> = {},
): Command {
  const kind: MediaKind = own.kind ?? 'video';
  const index = indexOf(outbound);
  return {
    type: 'outboundCreate',
    outbound,
    transport,
    kind,
    mid: `${index}`,
    ssrc: 9000 + 2 * index,
    rtxSsrc: kind === 'video' ? 9001 + 2 * index : 0,
    cname: 'cname',
    codecs: [kind === 'video' ? VP8 : OPUS],
    ...own,
  };
}

export function subscriptionCreate(
  subscription: Handle,
  publication: Handle,
  outbound: Handle,
  own: Partial<SubscriptionCreateCommand> = {},
): Command {
  return {
    type: 'subscriptionCreate',
    subscription,
    publication,
    outbound,
    active: true,
    spatial: 255,
    temporal: 255,
    ...own,
  };
}
