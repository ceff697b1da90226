/** Two hours of media in virtual time, by the recorder's own simulation of clocks: skew, loss, DTX and mutes. */
import type { Row } from '../row.js';

/** As recorder/src/timeline/simulation.ts has it. */
interface Simulation {
  simulateFit(media: {
    seed: number;
    hours: number;
    people: number;
    skewPpm: number;
    loss: number;
    hasReports: boolean;
  }): { driftMsPerHour: number; avOffsetMedianMs: number; alignmentP95Ms: number; frames: number };
}

const work = { hours: 2, people: 4, skewPpm: 100, loss: 0.05, seed: 1 };

export async function measureDrift(): Promise<Row[]> {
  const place = new URL('../../../recorder/src/timeline/simulation.js', import.meta.url);
  const { simulateFit } = (await import(place.href)) as Simulation;
  const beganMs = performance.now();
  const fit = simulateFit({ ...work, hasReports: true });
  const tookMs = performance.now() - beganMs;
  return [
    {
      row: 'drift',
      work,
      figures: {
        drift_ms_per_h: fit.driftMsPerHour,
        drift_av_offset_median_ms: fit.avOffsetMedianMs,
        drift_alignment_p95_ms: fit.alignmentP95Ms,
        times_as_fast_as_real: (work.hours * 3_600_000) / tookMs,
      },
      bars: [{ figure: 'drift_ms_per_h', most: 10 }],
      void: [],
    },
  ];
}
