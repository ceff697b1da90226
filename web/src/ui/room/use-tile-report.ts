import { useEffect, useState } from 'react';
import type { Meeting } from '../../session/meeting.js';

/**
 * Tells the meeting whether the tile of a publication is on screen and how large, in device
 * pixels: what nobody sees is not forwarded. Returns the tile's ref.
 */
export function useTileReport(stay: Meeting, publicationId: string | undefined) {
  const [tile, setTile] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (!tile || publicationId === undefined) return;
    let isSeen = false;
    const report = () => {
      const { clientWidth, clientHeight } = tile;
      const size = {
        width: Math.round(clientWidth * devicePixelRatio),
        height: Math.round(clientHeight * devicePixelRatio),
      };
      stay.media.visibility.tile(publicationId, isSeen ? size : undefined);
    };
    const seen = new IntersectionObserver((entries) => {
      isSeen = entries.at(-1)?.isIntersecting ?? false;
      report();
    });
    const sized = new ResizeObserver(report);
    seen.observe(tile);
    sized.observe(tile);
    return () => {
      seen.disconnect();
      sized.disconnect();
      stay.media.visibility.tile(publicationId, undefined);
    };
  }, [stay, publicationId, tile]);
  return setTile;
}
