/**
 * The objects of one media flow in the engine: a room with a publisher's and a subscriber's
 * transport, and a room at the far end of the link with a transport that receives.
 */
import type { Codec } from '../../lib/engine/contract.gen.js';
import { type Handle, makeHandle } from '../../lib/engine/handle.js';
import type { EngineWire } from './engine-wire.js';
import { PAYLOAD_TYPE } from './vp8-packets.js';

export interface FlowHandles {
  readonly publisher: Handle;
  readonly subscriber: Handle;
  readonly far: Handle;
  readonly subscription: Handle;
  readonly publication: Handle;
  /** One per encoding. */
  readonly ssrcs: readonly number[];
}

export interface FlowShape {
  readonly encodings: number;
  readonly feedbackUs: number;
}

const TWCC_EXTENSION = 5;
const IN_SSRC = 1000;
const OUT_SSRC = 5000;
const RTX_OFFSET = 500;
const MAX_ENCODINGS = 8;

/**
 * The far end asks for no retransmissions: scenarios and calibration know none, and what comes again
 * would be load that they do not reckon with. The subscriber's side could answer: probes are made of
 * its history.
 */
const vp8: Codec = {
  ...{ payloadType: PAYLOAD_TYPE, codec: 'vp8', clockRate: 90_000, channels: 1 },
  ...{ rtxPayloadType: PAYLOAD_TYPE + 1, format: 1, nack: false, pli: true, fir: false },
  transportCc: true,
};

export function createFlow(wire: EngineWire, index: number, shape: FlowShape): FlowHandles {
  const [near, away] = [makeHandle(2 * index, 0, 0), makeHandle(2 * index + 1, 0, 0)];
  const handles = {
    publisher: makeHandle(3 * index, 0, 0),
    subscriber: makeHandle(3 * index + 1, 0, 0),
    far: makeHandle(3 * index + 2, 0, 0),
    subscription: makeHandle(index, 0, 0),
    publication: near,
    ssrcs: Array.from(
      { length: shape.encodings },
      (_, layer) => IN_SSRC + MAX_ENCODINGS * index + layer,
    ),
  };
  const outSsrc = OUT_SSRC + index;
  createRoom(wire, near);
  createRoom(wire, away);
  createTransport(wire, handles.publisher, near);
  createTransport(wire, handles.subscriber, near);
  createTransport(wire, handles.far, away);
  numberPackets(wire, handles);
  wire.add({
    ...{ type: 'transportSetFeedback', transport: handles.far, intervalUs: shape.feedbackUs },
  });
  createPublication(wire, near, handles.publisher, handles.ssrcs);
  createPublication(wire, away, handles.far, [outSsrc]);
  createSubscription(wire, handles, outSsrc);
  return handles;
}

function createRoom(wire: EngineWire, room: Handle): void {
  wire.add({
    ...{
      type: 'roomCreate',
      room,
      speakerIntervalMs: 60_000,
      loudest: 0,
      gateSilence: false,
      isHome: true,
    },
  });
}

function createTransport(wire: EngineWire, transport: Handle, room: Handle): void {
  wire.add({
    ...{ type: 'transportCreate', transport, room, plaintext: true },
    ...{ localUfrag: `u${transport}`, localPwd: 'l'.repeat(24) },
    ...{ remoteUfrag: 'remote', remotePwd: 'r'.repeat(24), fingerprint: new Uint8Array(32) },
  });
}

function numberPackets(wire: EngineWire, { subscriber, far }: FlowHandles): void {
  const numbered = [{ id: TWCC_EXTENSION, kind: 'transport_cc' as const }];
  const extensions = { type: 'transportSetExtensions' as const };
  wire.add({ ...extensions, transport: subscriber, receive: [], send: numbered });
  wire.add({ ...extensions, transport: far, receive: numbered, send: [] });
}

/** Handles of publications equal those of their rooms. */
function createPublication(
  wire: EngineWire,
  publication: Handle,
  transport: Handle,
  ssrcs: readonly number[],
): void {
  wire.add({
    ...{ type: 'publicationCreate', publication, room: publication, transport, kind: 'video' },
    ...{ mid: '0', codecs: [vp8], muted: false, alwaysForwarded: false },
    encodings: ssrcs.map((ssrc) => ({ rid: '', ssrc, rtxSsrc: ssrc + RTX_OFFSET })),
  });
}

function createSubscription(wire: EngineWire, handles: FlowHandles, ssrc: number): void {
  const { subscription, publication } = handles;
  wire.add({
    ...{ type: 'outboundCreate', outbound: subscription, transport: handles.subscriber },
    ...{ kind: 'video', mid: '0', ssrc, rtxSsrc: ssrc + RTX_OFFSET, cname: 'flow' },
    codecs: [{ ...vp8, nack: true }],
  });
  wire.add({
    ...{ type: 'subscriptionCreate', subscription, outbound: subscription, publication },
    // A layered flow begins with the lowest: the allocator has not spoken yet.
    ...{ active: true, spatial: 0, temporal: 255 },
  });
}
