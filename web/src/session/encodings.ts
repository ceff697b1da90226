/**
 * In which qualities a source is sent: three simulcast encodings for a camera, lowest first, or one
 * scalable stream where the codec has spatial layers of its own. The server forwards each viewer
 * what its link and tile can carry and switches off what nobody watches (`publish.layers`).
 */
import type { ClientPayloads, ServerPayloads, Source } from '../../../client/src/index.js';
import type { SharingMode, VideoCodec } from './settings.js';
import { savedVideoBps } from './video-budget.js';

/** `scalabilityMode` (W3C webrtc-svc) is not yet in the DOM's own types. */
export type SentEncoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

type DeclaredEncoding = NonNullable<
  ClientPayloads['publish.offer']['tracks'][number]['encodings']
>[number];

/** Each a quarter of the pixels of the next, three temporal layers inside. */
const cameraSimulcast: readonly SentEncoding[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode: 'L1T3' },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000, scalabilityMode: 'L1T3' },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000, scalabilityMode: 'L1T3' },
];

/** Text stays readable before it moves smoothly: few frames, many pixels; motion the other way. */
const screenSimulcast: Readonly<Record<SharingMode, readonly SentEncoding[]>> = {
  text: [
    { rid: 'q', scaleResolutionDownBy: 2, maxBitrate: 400_000, maxFramerate: 5 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 2_500_000, maxFramerate: 15 },
  ],
  motion: [
    { rid: 'q', scaleResolutionDownBy: 2, maxBitrate: 800_000, maxFramerate: 30 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 4_000_000, maxFramerate: 30 },
  ],
};

/** VP9 predicts between spatial layers on key frames only, so that lower ones cost viewers nothing. */
const scalable: Partial<Record<VideoCodec, string>> = { VP9: 'L3T3_KEY', AV1: 'L3T3' };

const cameraScalable: SentEncoding = { maxBitrate: 2_000_000 };

/**
 * What `sendEncodings` of the source's transceiver is. `codec`: the person's wish; without one the
 * browser decides, and every browser's first choice is a simulcast codec.
 */
export function encodingsOf(
  source: Source,
  codec: VideoCodec | undefined,
  sharing: SharingMode = 'text',
): SentEncoding[] {
  switch (source) {
    case 'microphone':
      return [{ maxBitrate: 48_000, priority: 'high' }];
    case 'screen_audio':
      return [{ maxBitrate: 96_000 }];
    case 'screen':
      return screenSimulcast[sharing].map((encoding) => ({ ...encoding }));
    case 'camera': {
      const mode = codec && scalable[codec];
      if (mode) return [{ ...cameraScalable, scalabilityMode: mode }];
      return cameraSimulcast.map((encoding) => ({ ...encoding }));
    }
  }
}

/** The same for the server (api §4). */
export function declared(encodings: readonly SentEncoding[]): DeclaredEncoding[] {
  return encodings.map(({ rid, maxBitrate, maxFramerate, scaleResolutionDownBy }) => ({
    ...(rid !== undefined && { rid }),
    ...(maxBitrate !== undefined && { max_bitrate_bps: maxBitrate }),
    ...(maxFramerate !== undefined && { max_fps: maxFramerate }),
    ...(scaleResolutionDownBy !== undefined && { scale: scaleResolutionDownBy }),
  }));
}

/** Gives each encoding the limits of the wanted one with its RID. */
export function applyLimits(
  encodings: RTCRtpEncodingParameters[],
  wanted: readonly SentEncoding[],
): void {
  for (const encoding of encodings) {
    const limits = wanted.find(({ rid }) => rid === encoding.rid);
    if (limits?.maxBitrate !== undefined) encoding.maxBitrate = limits.maxBitrate;
    if (limits?.maxFramerate !== undefined) encoding.maxFramerate = limits.maxFramerate;
  }
}

/**
 * Applies the server's wish to a sender's parameters, by RID; an encoding without one is the only
 * one there is. Returns whether anything has changed.
 */
export function applyLayers(
  encodings: RTCRtpEncodingParameters[],
  wanted: ServerPayloads['publish.layers']['encodings'],
): boolean {
  let hasChanged = false;
  for (const encoding of encodings) {
    const wish = wanted.find(({ rid }) => rid === (encoding.rid ?? ''));
    if (!wish || encoding.active === wish.active) continue;
    encoding.active = wish.active;
    hasChanged = true;
  }
  return hasChanged;
}

/**
 * What of a camera leaves while data is saved: of several encodings the lowest, of one with layers as
 * much as that would be. `wanted`: the server's last wish. Returns whether anything has changed.
 */
export function applySaving(
  encodings: RTCRtpEncodingParameters[],
  wanted: ServerPayloads['publish.layers']['encodings'],
  isSaving: boolean,
): boolean {
  const before = JSON.stringify(encodings);
  applyLayers(encodings, wanted);
  const [lowest, ...others] = encodings;
  if (isSaving) for (const encoding of others) encoding.active = false;
  if (lowest && others.length === 0) {
    lowest.maxBitrate = isSaving ? savedVideoBps : (cameraScalable.maxBitrate as number);
  }
  return JSON.stringify(encodings) !== before;
}
