import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Meeting } from '../../session/meeting.js';
import {
  diagnosticsText,
  type Look,
  type Statistics,
  type StreamRow,
  statisticsOf,
  type TransportRow,
} from '../../session/statistics.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { CopyButton } from '../site/copy-button.js';
import { useStore } from '../use-store.js';

const intervalMs = 1_000;

/** What is sent and received right now; copied with one click. Over the stage, never in its way. */
export function StatsOverlay({ stay, onClose }: { stay: Meeting; onClose: () => void }) {
  const statistics = useStatistics(stay);
  return (
    <aside className="stats" aria-label={text('stats.title')} data-region tabIndex={-1}>
      <header className="stats-head">
        <h2>{text('stats.title')}</h2>
        <CopyButton
          value={diagnosticsText(statistics, navigator.userAgent, new Date())}
          label={text('stats.copy')}
        />
        <Button className="icon-button" aria-label={text('stats.close')} onPress={onClose}>
          <Icon name="close" />
        </Button>
      </header>
      {statistics.transports.map((row) => (
        <p key={row.direction}>{transportText(row)}</p>
      ))}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reached by keyboard. */}
      <section className="stats-streams" aria-label={text('stats.title')} tabIndex={0}>
        <StreamTable stay={stay} streams={statistics.streams} />
      </section>
    </aside>
  );
}

function StreamTable({ stay, streams }: { stay: Meeting; streams: readonly StreamRow[] }) {
  const nameOf = useNames(stay);
  const columns = ['who', 'codec', 'size', 'rate', 'packets', 'loss'] as const;
  return (
    <table>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {text(`stats.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {streams.map((row) => (
          <tr key={`${row.direction} ${row.mid} ${row.label}`} data-direction={row.direction}>
            <th scope="row">
              <bdi>{row.direction === 'sent' ? sentLabel(row) : nameOf(row.mid)}</bdi>
            </th>
            <td>{row.scalability ? `${row.codec} ${row.scalability}` : row.codec}</td>
            <td>{sizeText(row)}</td>
            <td>{text('stats.kbps', { value: Math.round(row.bitrateBps / 1000) })}</td>
            <td>{row.packetsPerSecond}</td>
            <td>{lossText(row)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function sentLabel({ kind, label }: StreamRow): string {
  return text('stats.sent', { label: kind === 'video' ? label : text('device.microphone') });
}

function sizeText({ width, height, framesPerSecond }: StreamRow): string {
  if (!width || !height) return '';
  return text('stats.picture', { width, height, frames: Math.round(framesPerSecond ?? 0) });
}

function lossText({ packetsLost, jitterMs, freezes, limitation }: StreamRow): string {
  if (limitation) return text(limitation === 'cpu' ? 'stats.byCpu' : 'stats.byBandwidth');
  if (packetsLost === undefined) return '';
  return text('stats.lossJitter', {
    lost: packetsLost,
    jitter: jitterMs ?? 0,
    freezes: freezes ?? 0,
  });
}

function transportText({ direction, protocol, rttMs, availableBps }: TransportRow): string {
  const common = { protocol: protocol.toUpperCase(), rtt: rttMs ?? 0 };
  if (direction === 'subscribe') return text('stats.receiving', common);
  return text('stats.sending', { ...common, available: Math.round((availableBps ?? 0) / 1000) });
}

/** Whose stream flows through an m-line. */
function useNames(stay: Meeting): (mid: string) => string {
  const room = useStore(stay.store, (state) => state.room);
  const mids = useStore(stay.store, (state) => state.mids);
  return (mid) => {
    const publication = room?.publications.get(mids.get(mid) ?? '');
    return room?.participants.get(publication?.participant_id ?? '')?.name ?? mid;
  };
}

function useStatistics(stay: Meeting): Statistics {
  const [statistics, setStatistics] = useState<Statistics>({ transports: [], streams: [] });
  useEffect(() => {
    let before: Look | undefined;
    let isOver = false;
    const measure = async () => {
      const look = await stay.media.look();
      if (isOver) return;
      setStatistics(statisticsOf(look, before));
      before = look;
    };
    void measure();
    const timer = setInterval(() => void measure(), intervalMs);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [stay]);
  return statistics;
}
