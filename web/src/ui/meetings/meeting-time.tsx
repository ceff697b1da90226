import type { Meeting } from '../../../../client/src/index.js';
import { browserZone } from '../../session/zones.js';
import { dateTimeText, isSameTime, spanText, zoneText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';

/** In the viewer's zone and, where that shows another time, in the meeting's. */
export function MeetingTime({ meeting }: { meeting: Meeting }) {
  const { starts_at, ends_at, ended_at, time_zone } = meeting;
  if (!starts_at || !ends_at) {
    return <p className="hint">{untimed(meeting)}</p>;
  }
  const own = browserZone();
  const isElsewhere = time_zone !== null && !isSameTime(starts_at, own, time_zone);
  return (
    <p className="hint meeting-time">
      <time dateTime={starts_at}>{spanText(starts_at, ends_at)}</time>
      {isElsewhere && (
        <span>
          {text('meeting.inZone', {
            time: spanText(starts_at, ends_at, time_zone),
            zone: zoneText(time_zone),
          })}
        </span>
      )}
      {ended_at && <span>{text('meeting.endedAt', { time: dateTimeText(ended_at) })}</span>}
    </p>
  );
}

function untimed({ kind, ended_at, created_at }: Meeting): string {
  if (ended_at) return text('meeting.endedAt', { time: dateTimeText(ended_at) });
  if (kind === 'persistent') return text('meeting.always');
  return text('meeting.madeAt', { time: dateTimeText(created_at) });
}
