/** Drawn on a 24 × 24 grid with one stroke; they say nothing to a screen reader. */
import type { ReactNode } from 'react';

export type IconName = keyof typeof drawings;

const slash = <path d="M4 4l16 16" />;

const microphone = (
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>
);

const camera = (
  <>
    <rect x="3" y="6.5" width="12" height="11" rx="2.5" />
    <path d="M15 11l5.2-3.1v8.2L15 13" />
  </>
);

const drawings = {
  microphone,
  microphoneOff: (
    <>
      {microphone}
      {slash}
    </>
  ),
  camera,
  cameraOff: (
    <>
      {camera}
      {slash}
    </>
  ),
  screen: (
    <>
      <rect x="3" y="4.5" width="18" height="12.5" rx="2.5" />
      <path d="M12 13.5V8M9.4 10.4L12 7.8l2.6 2.6M8.5 20.5h7" />
    </>
  ),
  screenOff: (
    <>
      <rect x="3" y="4.5" width="18" height="12.5" rx="2.5" />
      <path d="M9.8 8.6l4.4 4.4M14.2 8.6L9.8 13M8.5 20.5h7" />
    </>
  ),
  chat: (
    <path d="M5.5 4.5h13A2.5 2.5 0 0 1 21 7v7.5a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 3.6V17h-1A2.5 2.5 0 0 1 3 14.5V7a2.5 2.5 0 0 1 2.5-2.5z" />
  ),
  people: (
    <>
      <circle cx="9" cy="8" r="3.5" />
      <path d="M2.8 19.5a6.2 6.2 0 0 1 12.4 0M15.6 4.9a3.5 3.5 0 0 1 0 6.2M17.6 14.2a6.2 6.2 0 0 1 3.7 5.3" />
    </>
  ),
  link: (
    <path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1.2-1.2" />
  ),
  settings: (
    <>
      <path d="M4 7h9M18 7h2M4 17h2M11 17h9" />
      <circle cx="15.5" cy="7" r="2.5" />
      <circle cx="8.5" cy="17" r="2.5" />
    </>
  ),
  more: (
    <>
      <circle cx="5.5" cy="12" r="1" />
      <circle cx="12" cy="12" r="1" />
      <circle cx="18.5" cy="12" r="1" />
    </>
  ),
  leave: (
    <path d="M3.2 14.6c-.9-1-.9-2.5.1-3.4 4.9-4.2 12.5-4.2 17.4 0 1 .9 1 2.4.1 3.4l-.9.9c-.6.6-1.5.7-2.2.3l-2.1-1.3c-.6-.4-.9-1-.9-1.7v-1.1a11 11 0 0 0-5.4 0v1.1c0 .7-.3 1.3-.9 1.7l-2.1 1.3c-.7.4-1.6.3-2.2-.3z" />
  ),
  close: <path d="M6 6l12 12M18 6L6 18" />,
  send: <path d="M4.5 5l15 7-15 7 2.6-7zM7.1 12h6.4" />,
  speaker: (
    <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />
  ),
  remove: (
    <>
      <circle cx="10" cy="8" r="3.5" />
      <path d="M3.8 19.5a6.2 6.2 0 0 1 12.4 0M16 11h5" />
    </>
  ),
  chevron: <path d="M7 10l5 5 5-5" />,
  previous: <path d="M14.5 6l-6 6 6 6" />,
  next: <path d="M9.5 6l6 6-6 6" />,
  pin: <path d="M9 4h6l-.8 6.2 2.8 3.3H7l2.8-3.3zM12 13.5V20" />,
  quality3: <path d="M5 19v-4M12 19v-9M19 19V5" />,
  quality2: (
    <>
      <path d="M5 19v-4M12 19v-9" />
      <path d="M19 19V5" opacity="0.3" />
    </>
  ),
  quality1: (
    <>
      <path d="M5 19v-4" />
      <path d="M12 19v-9M19 19V5" opacity="0.3" />
    </>
  ),
  globe: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M3.5 12h17M12 3.5c2.4 2.3 3.6 5.1 3.6 8.5s-1.2 6.2-3.6 8.5c-2.4-2.3-3.6-5.1-3.6-8.5s1.2-6.2 3.6-8.5z" />
    </>
  ),
  eye: (
    <>
      <path d="M2.5 12c2.3-4.3 5.5-6.5 9.5-6.5s7.2 2.2 9.5 6.5c-2.3 4.3-5.5 6.5-9.5 6.5S4.8 16.3 2.5 12z" />
      <circle cx="12" cy="12" r="2.8" />
    </>
  ),
  eyeOff: (
    <>
      <path d="M2.5 12c2.3-4.3 5.5-6.5 9.5-6.5s7.2 2.2 9.5 6.5c-2.3 4.3-5.5 6.5-9.5 6.5S4.8 16.3 2.5 12z" />
      <circle cx="12" cy="12" r="2.8" />
      {slash}
    </>
  ),
  copy: (
    <>
      <rect x="8.5" y="8.5" width="11.5" height="12" rx="2.5" />
      <path d="M15.5 5.5A2.5 2.5 0 0 0 13 3.5H6.5A2.5 2.5 0 0 0 4 6v7.500a2.5 2.5 0 0 0 1.5 2.3" />
    </>
  ),
  calendar: (
    <>
      <rect x="3.5" y="5" width="17" height="15.5" rx="2.5" />
      <path d="M3.5 9.800h17M8 3v4M16 3v4" />
    </>
  ),
  check: <path d="M5.5 12.500l4.3 4.3 8.7-9.3" />,
  back: <path d="M19 12H5.500M11 6l-6 6 6 6" />,
  plus: <path d="M12 5v14M5 12h14" />,
  hand: (
    <path d="M7 12.5V6.6a1.6 1.6 0 0 1 3.2 0v4M10.2 10.4V4.6a1.6 1.6 0 0 1 3.2 0v5.8M13.4 10.6V6a1.6 1.6 0 0 1 3.2 0v8.2c0 4-2.4 6.8-6 6.8-2.6 0-4-1-5.4-3.4l-2-3.6a1.5 1.5 0 0 1 2.5-1.6L7 14" />
  ),
  handDown: (
    <>
      <path d="M7 10V4.9a1.5 1.5 0 0 1 3 0v3.4M10 8.2V3.9a1.5 1.5 0 0 1 3 0v4.3M13 8.4V5a1.5 1.5 0 0 1 3 0v5.8c0 3-2 5-5 5-2.2 0-3.4-.8-4.6-2.8l-1.6-2.8a1.3 1.3 0 0 1 2.2-1.3L7 10.4" />
      <path d="M8.5 19l2.5 2.3 2.5-2.3" />
    </>
  ),
  smile: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M8.5 14a4.3 4.3 0 0 0 7 0M9 9.6v.3M15 9.6v.3" />
    </>
  ),
  layout: (
    <>
      <rect x="3.5" y="4.5" width="17" height="15" rx="2.5" />
      <path d="M14.5 4.5v15M14.5 12h6" />
    </>
  ),
  gallery: (
    <>
      <rect x="4" y="5" width="7" height="6" rx="1.5" />
      <rect x="13" y="5" width="7" height="6" rx="1.5" />
      <rect x="4" y="13" width="7" height="6" rx="1.5" />
      <rect x="13" y="13" width="7" height="6" rx="1.5" />
    </>
  ),
  speakerView: (
    <>
      <rect x="4" y="4.5" width="16" height="10" rx="2" />
      <path d="M5 18.5h3M10.5 18.5h3M16 18.5h3" />
    </>
  ),
  fullScreen: <path d="M4 9V4.5h4.5M15.5 4.5H20V9M20 15v4.5h-4.5M8.5 19.5H4V15" />,
  flip: (
    <>
      <path d="M4 8.5A2.5 2.5 0 0 1 6.5 6h11A2.5 2.5 0 0 1 20 8.5v8a2.5 2.5 0 0 1-2.5 2.5h-11A2.5 2.5 0 0 1 4 16.5z" />
      <path d="M8.5 12.5a3.5 3.5 0 0 1 6.2-2.2M15.5 12.5a3.5 3.5 0 0 1-6.2 2.2M15 8.5v2h-2M9 16.5v-2h2" />
    </>
  ),
  shield: <path d="M12 3.5l7 2.6v5.4c0 4.2-2.8 7.4-7 9-4.2-1.6-7-4.8-7-9V6.1z" />,
  lock: (
    <>
      <rect x="5.5" y="10.5" width="13" height="9" rx="2" />
      <path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5" />
    </>
  ),
  unlock: (
    <>
      <rect x="5.5" y="10.5" width="13" height="9" rx="2" />
      <path d="M8.5 10.5V8a3.5 3.5 0 0 1 6.8-1.2" />
    </>
  ),
  spotlight: <path d="M12 3.5l2.4 5.2 5.6.7-4.1 3.9 1.1 5.6-5-2.8-5 2.8 1.1-5.6L4 9.4l5.6-.7z" />,
  crown: <path d="M4.5 17.5l-1-9 5 3.6L12 6l3.5 6.1 5-3.6-1 9z" />,
  block: (
    <>
      <circle cx="12" cy="12" r="8.2" />
      <path d="M6.3 6.3l11.4 11.4" />
    </>
  ),
  end: (
    <>
      <path d="M12 3.5v8" />
      <path d="M7.2 6.6a7.5 7.5 0 1 0 9.6 0" />
    </>
  ),
  record: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <circle cx="12" cy="12" r="3.6" fill="currentColor" stroke="none" />
    </>
  ),
  pause: <path d="M8.5 5.5v13M15.5 5.5v13" />,
  play: <path d="M8 5.2l11 6.8-11 6.8z" />,
  stop: <rect x="6.5" y="6.5" width="11" height="11" rx="2" />,
  recordMe: (
    <>
      <circle cx="10" cy="8" r="3.5" />
      <path d="M3.8 19.5a6.2 6.2 0 0 1 12.4 0M16.5 12l2 2 3.5-4" />
    </>
  ),
  recordMeNot: (
    <>
      <circle cx="10" cy="8" r="3.5" />
      <path d="M3.8 19.5a6.2 6.2 0 0 1 12.4 0M17 9.500l4 4M21 9.500l-4 4" />
    </>
  ),
  skipBack: <path d="M4.5 5v4.500H9M4.8 9.300A8 8 0 1 1 4 12.5" />,
  skipForward: <path d="M19.5 5v4.500H15M19.2 9.300A8 8 0 1 0 20 12.5" />,
  speakerOff: (
    <>
      <path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500z" />
      <path d="M16 9.500l5 5M21 9.500l-5 5" />
    </>
  ),
  download: <path d="M12 4v11M7.5 10.800L12 15.300l4.5-4.500M5 19.500h14" />,
  share: (
    <>
      <circle cx="6.5" cy="12" r="2.5" />
      <circle cx="17" cy="6" r="2.5" />
      <circle cx="17" cy="18" r="2.5" />
      <path d="M8.7 10.800l6-3.500M8.7 13.200l6 3.5" />
    </>
  ),
  film: (
    <>
      <rect x="3.5" y="5" width="17" height="14" rx="2.5" />
      <path d="M10 9.200l4.8 2.800L10 14.800z" />
    </>
  ),
  trash: (
    <path d="M4.5 7h15M9.5 7V4.8h5V7M6.5 7l.8 11.2a1.5 1.5 0 0 0 1.5 1.3h6.4a1.5 1.5 0 0 0 1.5-1.3L17.5 7M10 10.5v5.5M14 10.5v5.5" />
  ),
} satisfies Record<string, ReactNode>;

/** Those that point along the line of reading. */
const turning: ReadonlySet<IconName> = new Set([
  ...(['previous', 'next', 'send', 'back', 'skipBack', 'skipForward'] as const),
]);

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      data-flips={turning.has(name) || undefined}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      {drawings[name]}
    </svg>
  );
}
