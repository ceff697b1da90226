import type { LocalMedia } from '../session/local-media.js';
import { type TextKey, text } from '../strings/index.js';
import { Icon } from './icons.js';
import { ToolButton } from './tool-button.js';
import { useStore } from './use-store.js';
import { VideoView } from './video-view.js';

/** The own picture before joining, with its switches and what is wrong with a device. */
export function Preview({ local }: { local: LocalMedia }) {
  const { camera, microphone, muted } = useStore(local.store, (value) => value);
  const toggleMicrophone = () =>
    microphone.track ? local.setMuted(!muted) : local.start('microphone');
  const toggleCamera = () => (camera.track ? local.stopCamera() : local.start('camera'));
  const problems = [
    problemOf('microphone', microphone.state),
    problemOf('camera', camera.state),
  ].filter((key) => key !== undefined);
  return (
    <>
      <div className="preview">
        {camera.track ? (
          <VideoView track={camera.track} label={text('prejoin.preview')} isMirrored />
        ) : (
          <p className="preview-off">
            <Icon name="cameraOff" />
            {text(camera.state === 'starting' ? 'prejoin.cameraStarting' : 'prejoin.cameraOff')}
          </p>
        )}
        <div className="preview-tools">
          <ToolButton
            icon={muted ? 'microphoneOff' : 'microphone'}
            label={text(muted ? 'tool.unmute' : 'tool.mute')}
            isPressed={muted}
            isOff={muted}
            onPress={toggleMicrophone}
          />
          <ToolButton
            icon={camera.track ? 'camera' : 'cameraOff'}
            label={text(camera.track ? 'tool.stopVideo' : 'tool.startVideo')}
            isPressed={!camera.track}
            isOff={!camera.track}
            onPress={toggleCamera}
          />
        </div>
      </div>
      <div role="status">
        {problems.map((key) => (
          <p key={key} className="hint">
            {text(key)}
          </p>
        ))}
      </div>
    </>
  );
}

function problemOf(source: 'microphone' | 'camera', state: string): TextKey | undefined {
  if (state !== 'denied' && state !== 'missing' && state !== 'failed') return undefined;
  return `device.${source}.${state}`;
}
