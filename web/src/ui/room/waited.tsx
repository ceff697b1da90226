import { useEffect, useState } from 'react';
import { passedSince } from '../../session/server-clock.js';
import { text } from '../../strings/index.js';

const minuteMs = 60_000;

/** How long ago that was: seconds in the first minute, then minutes. Not a live region: it ticks. */
export function Waited({ since }: { since: string }) {
  const [, tick] = useState(0);
  const passed = passedSince(since);
  const every = passed < minuteMs ? 1_000 : 10_000;
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), every);
    return () => clearInterval(timer);
  }, [every]);
  return (
    <time className="waited" dateTime={since}>
      {passed < minuteMs
        ? text('time.seconds', { count: Math.floor(passed / 1_000) })
        : text('time.minutes', { count: Math.floor(passed / minuteMs) })}
    </time>
  );
}
