/** A browser's devices that answer when the test says so, and tell what is still on. */

export class FakeTrack extends EventTarget {
  readyState: 'live' | 'ended' = 'live';
  enabled = true;
  contentHint = '';

  constructor(
    readonly kind: 'audio' | 'video',
    private readonly deviceId: string,
  ) {
    super();
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }

  stop(): void {
    this.readyState = 'ended';
  }

  /** The device is unplugged. */
  unplug(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

type Asked = Partial<Record<'audio' | 'video', { deviceId?: ConstrainDOMStringParameters }>>;

/** One question of the page. */
export interface Question {
  readonly asked: Asked;
  /** Tracks of what was asked for. */
  allow(): Promise<void>;
  refuse(name: string): Promise<void>;
}

export class FakeDevices {
  /** All that were ever handed out. */
  readonly tracks: FakeTrack[] = [];
  /** Not answered yet, oldest first. */
  readonly questions: Question[] = [];
  /** Answers of enumerateDevices that the test holds back; undefined: they come at once. */
  private held: (() => void)[] | undefined;

  /** What LocalMedia and ScreenShare use of it. */
  readonly media = {
    addEventListener: () => {},
    removeEventListener: () => {},
    enumerateDevices: () =>
      new Promise((resolve) => {
        if (this.held) this.held.push(() => resolve([]));
        else resolve([]);
      }),
    getUserMedia: (asked: Asked) => this.ask(asked),
    getDisplayMedia: (asked: Asked) => this.ask(asked),
  } as unknown as MediaDevices;

  get live(): FakeTrack[] {
    return this.tracks.filter(({ readyState }) => readyState === 'live');
  }

  /** Live and not silent. */
  get open(): FakeTrack[] {
    return this.live.filter(({ enabled }) => enabled);
  }

  /** From now on the list of devices does not come. */
  holdList(): void {
    this.held = [];
  }

  /** The oldest question. */
  allow(): Promise<void> {
    return this.oldest().allow();
  }

  refuse(name: string): Promise<void> {
    return this.oldest().refuse(name);
  }

  private oldest(): Question {
    const [question] = this.questions;
    if (!question) throw new Error('nothing is asked');
    return question;
  }

  private ask(asked: Asked): Promise<MediaStream> {
    return new Promise((resolve, reject) => {
      const answer = (act: () => void) => {
        this.questions.splice(this.questions.indexOf(question), 1);
        act();
        return settled();
      };
      const question: Question = {
        asked,
        allow: () => answer(() => resolve(this.streamOf(asked))),
        refuse: (name) => answer(() => reject(new DOMException(name, name))),
      };
      this.questions.push(question);
    });
  }

  private streamOf(asked: Asked): MediaStream {
    const tracks = (['audio', 'video'] as const)
      .filter((kind) => asked[kind])
      .map((kind) => new FakeTrack(kind, String(asked[kind]?.deviceId?.exact ?? `any ${kind}`)));
    this.tracks.push(...tracks);
    return {
      getTracks: () => tracks,
      getAudioTracks: () => tracks.filter(({ kind }) => kind === 'audio'),
      getVideoTracks: () => tracks.filter(({ kind }) => kind === 'video'),
    } as unknown as MediaStream;
  }
}

/** Everything that follows from an answer has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
