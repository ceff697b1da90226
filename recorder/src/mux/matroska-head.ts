/**
 * The beginning of a file, before its clusters. It is written once with room for what is not known yet,
 * and once again, as long as before, when the file is complete:
 *
 *   EBML | Segment, size unknown → known | room → SeekHead | Info: scale, names, room → Duration | Tracks
 */
import { OPUS_PRE_SKIP } from '../ingest/opus.js';
import type { RecordedCodec } from '../manifest/lines.js';
import * as ebml from './ebml.js';
import * as id from './matroska-ids.js';

export interface TrackFormat {
  codec: RecordedCodec;
  codecPrivate?: Uint8Array;
  /** Of the first picture. */
  width?: number;
  height?: number;
  channels?: 1 | 2;
}

/** Where things stand in a head. */
export interface HeadLayout {
  /** Of the Segment's size field: 8 bytes. */
  segmentSizeAt: number;
  /** What is inside the Segment begins: positions count from there. */
  segmentAt: number;
  seekAt: number;
  infoAt: number;
  durationAt: number;
  tracksAt: number;
  /** The first cluster. */
  end: number;
}

const SEEK_ROOM_BYTES = 80;
const DURATION_ROOM_BYTES = 11;
const CODEC_IDS: Record<RecordedCodec, string> = {
  opus: 'A_OPUS',
  vp8: 'V_VP8',
  vp9: 'V_VP9',
  av1: 'V_AV1',
  h264: 'V_MPEG4/ISO/AVC',
};

export function headOf(format: TrackFormat): Buffer {
  const docType = format.codec === 'h264' ? 'matroska' : 'webm';
  return Buffer.concat([
    ebml.element(
      id.EBML,
      ebml.unsigned(id.EBML_VERSION, 1),
      ebml.unsigned(id.EBML_READ_VERSION, 1),
      ebml.unsigned(id.EBML_MAX_ID_LENGTH, 4),
      ebml.unsigned(id.EBML_MAX_SIZE_LENGTH, 8),
      ebml.text(id.DOC_TYPE, docType),
      ebml.unsigned(id.DOC_TYPE_VERSION, 4),
      ebml.unsigned(id.DOC_TYPE_READ_VERSION, 2),
    ),
    ebml.idBytes(id.SEGMENT),
    ebml.UNKNOWN_SIZE,
    ebml.room(SEEK_ROOM_BYTES),
    ebml.element(
      id.INFO,
      // Times are milliseconds.
      ebml.unsigned(id.TIMESTAMP_SCALE, 1_000_000),
      ebml.text(id.MUXING_APP, 'plenum'),
      ebml.text(id.WRITING_APP, 'plenum'),
      ebml.room(DURATION_ROOM_BYTES),
    ),
    ebml.element(id.TRACKS, trackEntry(format)),
  ]);
}

function trackEntry(format: TrackFormat): Buffer {
  const isAudio = format.codec === 'opus';
  const parts = [
    ebml.unsigned(id.TRACK_NUMBER, 1),
    ebml.unsigned(id.TRACK_UID, 1),
    ebml.unsigned(id.TRACK_TYPE, isAudio ? 2 : 1),
    ebml.unsigned(id.FLAG_LACING, 0),
    ebml.text(id.CODEC_ID, CODEC_IDS[format.codec]),
  ];
  if (format.codecPrivate) parts.push(ebml.element(id.CODEC_PRIVATE, format.codecPrivate));
  if (isAudio) {
    // Nanoseconds: what comes out of the decoder is so much later than what the time of its block says.
    parts.push(ebml.unsigned(id.CODEC_DELAY, (OPUS_PRE_SKIP * 1e9) / 48_000));
    parts.push(ebml.unsigned(id.SEEK_PRE_ROLL, 80_000_000));
    const frequency = ebml.float(id.SAMPLING_FREQUENCY, 48_000);
    parts.push(ebml.element(id.AUDIO, frequency, ebml.unsigned(id.CHANNELS, format.channels ?? 1)));
  } else {
    const width = ebml.unsigned(id.PIXEL_WIDTH, format.width ?? 1);
    parts.push(ebml.element(id.VIDEO, width, ebml.unsigned(id.PIXEL_HEIGHT, format.height ?? 1)));
  }
  return ebml.element(id.TRACK_ENTRY, ...parts);
}

/** `bytes`: the beginning of a file, the whole head. Null: it is none that was written here, or not all of it. */
export function readHead(bytes: Uint8Array): HeadLayout | null {
  const first = ebml.readElement(bytes, 0);
  if (first?.id !== id.EBML || first.size === null) return null;
  const segmentElementAt = first.headBytes + first.size;
  const segment = ebml.readElement(bytes, segmentElementAt);
  if (segment?.id !== id.SEGMENT || segment.headBytes !== 12) return null;
  const segmentAt = segmentElementAt + 12;
  const infoAt = segmentAt + SEEK_ROOM_BYTES;
  const info = ebml.readElement(bytes, infoAt);
  if (info?.id !== id.INFO || info.size === null) return null;
  const tracksAt = infoAt + info.headBytes + info.size;
  const tracks = ebml.readElement(bytes, tracksAt);
  if (tracks?.id !== id.TRACKS || tracks.size === null) return null;
  const end = tracksAt + tracks.headBytes + tracks.size;
  if (end > bytes.length) return null;
  const durationAt = tracksAt - DURATION_ROOM_BYTES;
  const segmentSizeAt = segmentAt - 8;
  return { segmentSizeAt, segmentAt, seekAt: segmentAt, infoAt, durationAt, tracksAt, end };
}

/** The head of the complete file, as long as the one that is there. */
export function completeHead(
  head: Uint8Array,
  file: { bytes: number; cuesAt: number; durationMs: number },
): Buffer {
  const layout = readHead(head);
  if (!layout) throw new Error('the beginning of the file is none of ours');
  const complete = Buffer.from(head.subarray(0, layout.end));
  complete.set(ebml.sizeBytes(file.bytes - layout.segmentAt, 8), layout.segmentSizeAt);
  complete.set(ebml.float(id.DURATION, file.durationMs), layout.durationAt);
  const seeks = ebml.element(
    id.SEEK_HEAD,
    seek(id.INFO, layout.infoAt - layout.segmentAt),
    seek(id.TRACKS, layout.tracksAt - layout.segmentAt),
    seek(id.CUES, file.cuesAt - layout.segmentAt),
  );
  complete.set(seeks, layout.seekAt);
  complete.set(ebml.room(SEEK_ROOM_BYTES - seeks.length), layout.seekAt + seeks.length);
  return complete;
}

function seek(of: number, position: number): Buffer {
  const target = ebml.element(id.SEEK_ID, ebml.idBytes(of));
  return ebml.element(id.SEEK, target, ebml.unsigned(id.SEEK_POSITION, position));
}
