/** A run as a picture: rates, and how long packets waited for the link. */
import { type Line, svgOf } from '../adaptation/plot.js';
import type { Conditions } from '../scorecard/conditions.js';
import type { FlowRecord } from '../scorecard/flow-record.js';
import type { RunRecord } from '../scorecard/simulation.js';

const BIN_US = 500_000;
const COLOURS = ['#06c', '#083', '#a30', '#a0a', '#630'];

export function svgOfRun({ links, durationUs }: Conditions, { flows }: RunRecord): string {
  const capacity = (links.forward?.timeline ?? []).map(({ atUs, bps }) => point(atUs, bps / 1000));
  const link = { label: 'link', colour: '#999', points: [...capacity, last(capacity, durationUs)] };
  const bins = Math.ceil(durationUs / BIN_US);
  return svgOf([
    {
      ...{ title: 'received', unit: 'kbit/s' },
      lines: [link, ...flows.map((flow, index) => lineOf(flow.id, index, receivedOf(flow, bins)))],
    },
    {
      ...{ title: 'estimates', unit: 'kbit/s' },
      lines: [
        link,
        ...flows.map(({ id, targets }, index) =>
          lineOf(
            id,
            index,
            targets.map(({ atUs, bps }) => point(atUs, bps / 1000)),
          ),
        ),
      ],
    },
    {
      ...{ title: 'wait', unit: 'ms' },
      lines: flows.map((flow, index) => lineOf(flow.id, index, waitsOf(flow))),
    },
  ]);
}

function point(atUs: number, value: number) {
  return { atMs: atUs / 1000, value };
}

function last(points: readonly { value: number }[], atUs: number) {
  return point(atUs, points.at(-1)?.value ?? 0);
}

function lineOf(label: string, index: number, points: Line['points']): Line {
  return { label, colour: COLOURS[index % COLOURS.length] ?? '#000', points };
}

function receivedOf(flow: FlowRecord, bins: number): Line['points'] {
  const bits = [...flow.receivedBins(BIN_US, bins)];
  return bits.map((value, bin) => point(bin * BIN_US, (1000 * value) / BIN_US));
}

function waitsOf(flow: FlowRecord): Line['points'] {
  return Array.from({ length: flow.count }, (_, index) =>
    point(flow.sentUs(index), flow.waitUs(index) / 1000),
  );
}
