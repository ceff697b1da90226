import { memo, useEffect, useRef } from 'react';

interface VideoViewProps {
  track: MediaStreamTrack;
  /** Without one the picture says nothing that its surroundings do not. */
  label?: string;
  isMirrored?: boolean;
  /** The first frame of a track is there. */
  onPicture?: (() => void) | undefined;
}

/** Shows a track. The element is left alone by every re-render but a change of the track. */
export const VideoView = memo(function VideoView({
  track,
  label,
  isMirrored,
  onPicture,
}: VideoViewProps) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    video.srcObject = new MediaStream([track]);
    return () => {
      video.srcObject = null;
    };
  }, [track]);
  return (
    <video
      ref={element}
      className={isMirrored ? 'video mirrored' : 'video'}
      aria-label={label}
      aria-hidden={label === undefined}
      autoPlay
      onLoadedData={onPicture}
      playsInline
      muted
    />
  );
});
