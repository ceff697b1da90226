import { useEffect, useRef } from 'react';
import { watchLevel } from '../session/level.js';
import type { LocalMedia } from '../session/local-media.js';
import { text } from '../strings/index.js';
import { Icon } from './icons.js';
import { useStore } from './use-store.js';

/** Moves with the voice, past React: a picture per frame is no reason to render. */
export function MicrophoneMeter({ local }: { local: LocalMedia }) {
  const track = useStore(local.store, (state) => state.microphone.track);
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    if (!track) return;
    return watchLevel(track, (level) => {
      if (meter.current) meter.current.value = level;
    });
  }, [track]);
  return (
    <div className="meter-row">
      <Icon name={track ? 'microphone' : 'microphoneOff'} />
      <meter ref={meter} className="meter" aria-label={text('device.level')} max={1} value={0} />
    </div>
  );
}
