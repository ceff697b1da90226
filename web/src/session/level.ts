/** How loud a track is, for meters: 0 (silence) to 1, each animation frame while it changes. */

/** Below this it is the room, not the voice; dBFS. */
const floorDb = -60;

/** Level of samples in [−1, 1]: their RMS between the floor (0) and full scale (1). */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  const db = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, 1 - db / floorDb));
}

/** Calls with the level until the returned function is called. */
export function watchLevel(track: MediaStreamTrack, show: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = -1;
  let frame = 0;
  // Autoplay rules may hold the context until the first gesture.
  const wake = () => void context.resume();
  document.addEventListener('pointerdown', wake);
  document.addEventListener('keydown', wake);
  const look = () => {
    analyser.getFloatTimeDomainData(samples);
    const level = levelOf(samples);
    if (Math.abs(level - shown) > 0.01) show(level);
    shown = level;
    frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    document.removeEventListener('pointerdown', wake);
    document.removeEventListener('keydown', wake);
    void context.close();
  };
}

/** A short, soft tone out of the chosen speaker ('' is the browser's default). */
export async function playTestTone(speakerId: string): Promise<void> {
  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  const gain = context.createGain();
  const tone = context.createOscillator();
  tone.frequency.value = 523.25;
  gain.gain.setValueAtTime(0, context.currentTime);
  gain.gain.linearRampToValueAtTime(0.25, context.currentTime + 0.05);
  gain.gain.linearRampToValueAtTime(0, context.currentTime + 0.9);
  tone.connect(gain).connect(output);
  const element = new Audio();
  element.srcObject = output.stream;
  if ('setSinkId' in element) await element.setSinkId(speakerId).catch(() => undefined);
  tone.addEventListener('ended', () => void context.close());
  try {
    await element.play();
    tone.start();
    tone.stop(context.currentTime + 1);
  } catch {
    // The browser does not play: nothing is heard, and nothing is left running.
    await context.close();
  }
}
