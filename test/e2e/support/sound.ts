/**
 * A microphone that the test speaks into, and an ear. The functions run inside the page: they are
 * sent as source text, so each stands alone.
 */

interface Voice {
  context: AudioContext;
  loudness: GainNode;
}

/** The mean power of a piece of what was heard; full scale is 1. */
export interface Piece {
  ms: number;
  power: number;
}

interface Sounding extends Window {
  voice: Voice;
  heard: Piece[];
}

/** The part of the MediaCapture Transform draft that is used; Chromium has it. */
interface TrackProcessor {
  readonly readable: ReadableStream<AudioData>;
}

/** Before the client's script: no camera, and a microphone of digital silence. */
export function syntheticMicrophone(): void {
  const page = window as unknown as Sounding;
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (!wanted?.audio) throw new DOMException('there is no camera', 'NotFoundError');
    const context = new AudioContext();
    // Noise never repeats itself: no player can leave a piece out, or fill one in, unnoticed.
    const buffer = context.createBuffer(1, 5 * context.sampleRate, context.sampleRate);
    buffer.copyToChannel(
      buffer.getChannelData(0).map(() => 2 * Math.random() - 1),
      0,
    );
    const noise = new AudioBufferSourceNode(context, { buffer, loop: true });
    const loudness = new GainNode(context, { gain: 0 });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    noise.connect(loudness).connect(out);
    noise.start();
    page.voice = { context, loudness };
    return out.stream;
  };
}

/** Four syllables a second from now on. */
export function talkOn(): void {
  const { context, loudness } = (window as unknown as Sounding).voice;
  const syllables = new OscillatorNode(context, { frequency: 4 });
  const swing = new GainNode(context, { gain: 0.2 });
  loudness.gain.value = 0.2;
  syllables.connect(swing).connect(loudness.gain);
  syllables.start();
}

/** A word: soft from its sudden beginning on, then as suddenly loud, then over. */
export interface Words {
  count: number;
  everyMs: number;
  softMs: number;
  loudMs: number;
}

/** The loud part has 16 times the power of the soft one. */
export function say({ count, everyMs, softMs, loudMs }: Words): void {
  const { context, loudness } = (window as unknown as Sounding).voice;
  const begin = context.currentTime + 0.1;
  for (let word = 0; word < count; word++) {
    const from = begin + (word * everyMs) / 1000;
    loudness.gain.setValueAtTime(0.1, from);
    loudness.gain.setValueAtTime(0.4, from + softMs / 1000);
    loudness.gain.setValueAtTime(0, from + (softMs + loudMs) / 1000);
  }
}

/** From now on, what is decoded of this track is measured. */
export function listenTo(trackId: string): void {
  const page = window as unknown as Sounding & {
    recordedConnections: RTCPeerConnection[];
    MediaStreamTrackProcessor: new (options: {
      track: MediaStreamTrack;
      maxBufferSize: number;
    }) => TrackProcessor;
  };
  const tracks = page.recordedConnections.flatMap((connection) =>
    connection.getReceivers().map((receiver) => receiver.track),
  );
  const track = tracks.find(({ id }) => id === trackId);
  if (!track) throw new Error(`no track ${trackId}`);
  page.heard = [];
  const processor = new page.MediaStreamTrackProcessor({ track, maxBufferSize: 1000 });
  const sink = new WritableStream<AudioData>({
    write(piece) {
      const samples = new Float32Array(piece.numberOfFrames);
      piece.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
      const ms = (1000 * piece.numberOfFrames) / piece.sampleRate;
      page.heard.push({ ms, power: energy / piece.numberOfFrames });
      piece.close();
    },
  });
  void processor.readable.pipeTo(sink);
}

/** What was heard so far. */
export function heardPieces(): Piece[] {
  return (window as unknown as Sounding).heard;
}
