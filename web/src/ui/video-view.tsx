import { memo, useEffect, useRef } from 'react';

interface VideoViewProps {
  track: MediaStreamTrack;
  /** Without one the picture says nothing that its surroundings do not. */
  label?: string;
  isMirrored?: boolean;
  /** The first frame of a track is there. */
  onPicture?: (() => void) | undefined;
}

/**
 * Shows a track. The element is left alone by every re-render but a change of the track, and then keeps
 * the last picture until the other track has one: its stream stays, only what is in it changes.
 */
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
    video.srcObject = new MediaStream();
    return () => {
      video.srcObject = null;
    };
  }, []);
  useEffect(() => {
    const stream = element.current?.srcObject;
    if (!(stream instanceof MediaStream)) return;
    stream.addTrack(track);
    for (const other of stream.getTracks()) if (other !== track) stream.removeTrack(other);
    // Where all of the former tracks have ended, the element has stopped.
    element.current?.play().catch(() => undefined);
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
