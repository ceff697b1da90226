/** Lines over time as an SVG, plain enough to be read anywhere. */

export interface Line {
  label: string;
  colour: string;
  /** Held until the next point, the last one to the end. */
  points: readonly { atMs: number; value: number }[];
}

export interface Plot {
  title: string;
  /** Of the left axis. */
  unit: string;
  lines: readonly Line[];
}

const width = 960;
const height = 240;
const margin = { start: 64, end: 16, top: 32, bottom: 28 };

/** One below the other, over the same time. */
export function svgOf(plots: readonly Plot[]): string {
  const endMs = Math.max(
    1,
    ...plots.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map((p) => p.atMs))),
  );
  const body = plots.map((plot, index) => drawPlot(plot, endMs, index * height)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height * plots.length}"
  font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n${body}\n</svg>\n`;
}

function drawPlot({ title, unit, lines }: Plot, endMs: number, top: number): string {
  const highest = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ value }) => value)));
  const isSmall = highest <= 5;
  const most = isSmall ? Math.ceil(highest) : highest;
  const ticks = isSmall ? Array.from({ length: most + 1 }, (_, n) => n) : [0, most / 2, most];
  const x = (ms: number) => margin.start + ((width - margin.start - margin.end) * ms) / endMs;
  const y = (value: number) =>
    height - margin.bottom - ((height - margin.top - margin.bottom) * value) / most;
  const marks = ticks.map((value) => {
    const at = y(value);
    return `<path d="M${margin.start} ${at}H${width - margin.end}" stroke="#ddd"/>
<text x="${margin.start - 6}" y="${at + 4}" text-anchor="end">${Math.round(value)}</text>`;
  });
  const seconds = Array.from({ length: Math.floor(endMs / 10_000) + 1 }, (_, index) => 10 * index);
  const times = seconds.map(
    (s) => `<text x="${x(s * 1000)}" y="${height - 8}" text-anchor="middle">${s} s</text>`,
  );
  const curves = lines.map(({ colour, points }) => {
    const path = points.map(({ atMs, value }, index) =>
      index === 0
        ? `M${x(atMs).toFixed(1)} ${y(value).toFixed(1)}`
        : `H${x(atMs).toFixed(1)}V${y(value).toFixed(1)}`,
    );
    const end = points.length > 0 ? `H${x(endMs).toFixed(1)}` : '';
    return `<path d="${path.join('')}${end}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  });
  const names = lines.map(
    ({ label, colour }, index) =>
      `<text x="${margin.start + 180 * (index + 1)}" y="20" fill="${colour}">${label}</text>`,
  );
  return `<g transform="translate(0 ${top})">
<text x="${margin.start}" y="20" font-weight="bold">${title}, ${unit}</text>
${[...names, ...marks, ...times, ...curves].join('\n')}\n</g>`;
}
