/**
 * Plays everybody's sound, outside of React: one element per track, kept while its slot lives so
 * that a new publication in it needs no new element.
 */
export class RemoteAudio {
  private readonly elements = new Map<MediaStreamTrack, HTMLAudioElement>();
  private speaker = '';

  /** `blocked`: the browser wants a click before it plays (autoplay rules). */
  constructor(private readonly blocked: (isBlocked: boolean) => void) {}

  play(tracks: ReadonlySet<MediaStreamTrack>): void {
    for (const [track, element] of this.elements) {
      if (tracks.has(track)) continue;
      element.srcObject = null;
      this.elements.delete(track);
    }
    for (const track of tracks) {
      if (!this.elements.has(track)) this.elements.set(track, this.begin(track));
    }
  }

  /** Called from a click. */
  resume(): void {
    this.blocked(false);
    for (const element of this.elements.values()) this.run(element);
  }

  /** '' is the browser's default. Not every browser lets pages choose. */
  setSpeaker(id: string): void {
    this.speaker = id;
    for (const element of this.elements.values()) this.route(element);
  }

  close(): void {
    this.play(new Set());
  }

  private begin(track: MediaStreamTrack): HTMLAudioElement {
    const element = new Audio();
    element.srcObject = new MediaStream([track]);
    this.route(element);
    this.run(element);
    return element;
  }

  private run(element: HTMLAudioElement): void {
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.blocked(true);
    });
  }

  private route(element: HTMLAudioElement): void {
    if (!('setSinkId' in element)) return;
    element.setSinkId(this.speaker).catch(() => {
      // The device is gone: the default goes on playing.
    });
  }
}
