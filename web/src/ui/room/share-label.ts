import { canShareScreen } from '../../session/screen-share.js';
import type { TextKey } from '../../strings/index.js';

/** Of the button for the screen; where it can do nothing it says why. */
export function shareLabel(isSharing: boolean): TextKey {
  if (!canShareScreen) return 'tool.shareMissing';
  return isSharing ? 'tool.stopSharing' : 'tool.share';
}
