/** What browsers are asked for when devices shall give their tracks, and what refusals mean. */

export type CaptureSource = 'microphone' | 'camera';

/** Why there is no track. `denied`: by the person or the browser. `missing`: no such device. */
export type Refusal = 'denied' | 'missing' | 'failed';

export interface CaptureWish {
  readonly source: CaptureSource;
  readonly deviceId: string | undefined;
  /** Of a phone's camera, instead of the device: towards the person, or away. */
  readonly facing: 'user' | 'environment' | undefined;
  /** Lines of the camera's picture, and how many of them a second. */
  readonly height: number;
  readonly frameRate: number;
}

/** Undefined on a page that came over plain HTTP. */
export function browserMedia(): MediaDevices | undefined {
  return globalThis.navigator?.mediaDevices;
}

/** One question for all; the chosen devices, or where one of them is not there any more, any. */
export async function capture(
  media: MediaDevices | undefined,
  wishes: readonly CaptureWish[],
): Promise<MediaStream | Refusal> {
  if (!media) return 'missing';
  const ask = (how: 'exact' | 'ideal') => media.getUserMedia(constraintsOf(wishes, how));
  try {
    // Not just preferred: a browser would rather take the camera whose picture fits better.
    return await ask('exact').catch((error: unknown) => {
      if ((error as Error).name === 'OverconstrainedError') return ask('ideal');
      throw error;
    });
  } catch (error) {
    return refusalOf(error);
  }
}

export function trackOf(
  answer: MediaStream | Refusal,
  source: CaptureSource,
): MediaStreamTrack | Refusal {
  if (typeof answer === 'string') return answer;
  const [track] = source === 'microphone' ? answer.getAudioTracks() : answer.getVideoTracks();
  return track ?? 'missing';
}

/** Whether the browser would not ask the person. */
export async function isGranted(source: CaptureSource): Promise<boolean> {
  try {
    const answer = await navigator.permissions.query({ name: source as PermissionName });
    return answer.state === 'granted';
  } catch {
    return false;
  }
}

function constraintsOf(
  wishes: readonly CaptureWish[],
  how: 'exact' | 'ideal',
): MediaStreamConstraints {
  return Object.fromEntries(
    wishes.map((wish) =>
      wish.source === 'microphone'
        ? ['audio', soundOf(wish, how)]
        : ['video', pictureOf(wish, how)],
    ),
  );
}

function soundOf(wish: CaptureWish, how: 'exact' | 'ideal'): MediaTrackConstraints {
  const processing = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return { ...processing, ...deviceOf(wish, how) };
}

function pictureOf(wish: CaptureWish, how: 'exact' | 'ideal'): MediaTrackConstraints {
  const { facing, height, frameRate } = wish;
  const width = Math.round((height * 16) / 9);
  const size = { width: { ideal: width }, height: { ideal: height } };
  const camera = facing ? { facingMode: facing } : deviceOf(wish, how);
  return { ...size, frameRate: { ideal: frameRate }, ...camera };
}

function deviceOf({ deviceId }: CaptureWish, how: 'exact' | 'ideal'): MediaTrackConstraints {
  return deviceId === undefined ? {} : { deviceId: { [how]: deviceId } };
}

function refusalOf(error: unknown): Refusal {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError') return 'missing';
  return 'failed';
}
