/** Cost over size as an SVG: doublings are equally far apart. */
import type { ScalePoint } from './axes.js';

export interface Chart {
  title: string;
  points: readonly ScalePoint[];
}

const width = 640;
const height = 260;
const margin = { start: 64, end: 24, top: 36, bottom: 32 };
const LINES = [
  { figure: 'ns', label: 'node', colour: '#06c' },
  { figure: 'idealNs', label: 'ideal', colour: '#999' },
] as const;

/** One below the other. */
export function svgOfCharts(charts: readonly Chart[]): string {
  const body = charts.map((chart, index) => draw(chart, index * height)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height * charts.length}"
  font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n${body}\n</svg>\n`;
}

function draw({ title, points }: Chart, top: number): string {
  const most = Math.max(...points.flatMap(({ ns, idealNs }) => [ns, idealNs])) * 1.1;
  const doublings = Math.max(1, ...points.map(({ at }) => Math.log2(at)));
  const x = (at: number) =>
    margin.start + ((width - margin.start - margin.end) * Math.log2(at)) / doublings;
  const y = (ns: number) =>
    height - margin.bottom - ((height - margin.top - margin.bottom) * ns) / most;
  const marks = [0, most / 2, most].map(
    (ns) => `<path d="M${margin.start} ${y(ns)}H${width - margin.end}" stroke="#ddd"/>
<text x="${margin.start - 6}" y="${y(ns) + 4}" text-anchor="end">${ns.toFixed(0)}</text>`,
  );
  const places = points.map(
    ({ at }) => `<text x="${x(at)}" y="${height - 10}" text-anchor="middle">${at}</text>`,
  );
  const curves = LINES.map(({ figure, label, colour }, index) => {
    const dots = points.map((point) => `${x(point.at).toFixed(1)} ${y(point[figure]).toFixed(1)}`);
    return `<path d="M${dots.join('L')}" fill="none" stroke="${colour}" stroke-width="1.5"/>
<text x="${width - 160 + 80 * index}" y="20" fill="${colour}">${label}</text>`;
  });
  return `<g transform="translate(0 ${top})">
<text x="${margin.start}" y="20" font-weight="bold">${title}: ns of CPU per packet out</text>
${[...marks, ...places, ...curves].join('\n')}\n</g>`;
}
