/** Two soft notes, rising: somebody knocks. */
const notesHz = [587.33, 880];
const noteS = 0.18;

export function chime(): void {
  // Without a gesture on the page the browser stays silent; the badge and the words are there.
  const context = new AudioContext();
  const level = context.createGain();
  level.gain.value = 0.2;
  level.connect(context.destination);
  const start = context.currentTime;
  const tones = notesHz.map((frequency, n) => note(context, level, frequency, start + n * noteS));
  tones.at(-1)?.addEventListener('ended', () => void context.close());
}

function note(context: AudioContext, level: GainNode, frequency: number, at: number) {
  const tone = context.createOscillator();
  const shape = context.createGain();
  tone.frequency.value = frequency;
  shape.gain.setValueAtTime(0, at);
  shape.gain.linearRampToValueAtTime(1, at + 0.02);
  shape.gain.exponentialRampToValueAtTime(0.001, at + noteS * 2);
  tone.connect(shape).connect(level);
  tone.start(at);
  tone.stop(at + noteS * 2);
  return tone;
}
