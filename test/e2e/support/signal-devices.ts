/**
 * Devices that can be told apart in a recording: a camera of one colour, a microphone of one tone, a
 * screen of another colour.
 */

export interface Signal {
  /** CSS colours. */
  camera: string;
  screen: string;
  toneHz: number;
}

/** A script of a page, standing alone: runs before the client's own. */
export function signalDevices(signal: Signal): string {
  return `(${install.toString()})(${JSON.stringify(signal)})`;
}

/** Runs inside the page. */
function install({ camera, screen, toneHz }: Signal): void {
  /** A canvas gives a frame when it is drawn on; the corner blinks, so that no two are equal. */
  function painted(colour: string, width: number, height: number): MediaStreamTrack {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const brush = canvas.getContext('2d') as CanvasRenderingContext2D;
    let count = 0;
    const paint = () => {
      count += 1;
      brush.fillStyle = colour;
      brush.fillRect(0, 0, width, height);
      brush.fillStyle = count % 2 === 0 ? 'rgb(255 255 255 / 20%)' : 'rgb(0 0 0 / 20%)';
      brush.fillRect(0, 0, 8, 8);
    };
    paint();
    const [track] = canvas.captureStream(15).getVideoTracks();
    const timer = setInterval(paint, 66);
    const { stop } = track as MediaStreamTrack;
    return Object.assign(track as MediaStreamTrack, {
      stop(this: MediaStreamTrack) {
        clearInterval(timer);
        stop.call(this);
      },
    });
  }
  let context: AudioContext | undefined;
  function sounding(): MediaStreamTrack {
    context ??= new AudioContext();
    const oscillator = new OscillatorNode(context, { frequency: toneHz });
    const loudness = new GainNode(context, { gain: 0.3 });
    const way = new MediaStreamAudioDestinationNode(context);
    oscillator.connect(loudness).connect(way);
    oscillator.start();
    return way.stream.getAudioTracks()[0] as MediaStreamTrack;
  }
  navigator.mediaDevices.getUserMedia = async ({ audio, video } = {}) =>
    new MediaStream([
      ...(audio ? [sounding()] : []),
      ...(video ? [painted(camera, 640, 360)] : []),
    ]);
  navigator.mediaDevices.getDisplayMedia = async () =>
    new MediaStream([painted(screen, 1280, 720)]);
}
