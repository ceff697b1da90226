/** The index of a file: where players may jump to. */
import * as ebml from './ebml.js';
import * as id from './matroska-ids.js';

/** Closer ones only make the index longer. */
const MIN_DISTANCE_MS = 1000;

export class Cues {
  readonly #ms: number[] = [];
  readonly #positions: number[] = [];

  /** `position`: of the cluster, from where the inside of the Segment begins. */
  add(ms: number, position: number): void {
    const last = this.#ms.at(-1);
    if (last !== undefined && ms - last < MIN_DISTANCE_MS) return;
    this.#ms.push(ms);
    this.#positions.push(position);
  }

  get length(): number {
    return this.#ms.length;
  }

  /** Forgets all but the first ones. */
  keep(count: number): void {
    this.#ms.length = Math.min(count, this.#ms.length);
    this.#positions.length = this.#ms.length;
  }

  bytes(): Buffer {
    const points = this.#ms.map((ms, index) =>
      ebml.element(
        id.CUE_POINT,
        ebml.unsigned(id.CUE_TIME, ms),
        ebml.element(
          id.CUE_TRACK_POSITIONS,
          ebml.unsigned(id.CUE_TRACK, 1),
          ebml.unsigned(id.CUE_CLUSTER_POSITION, this.#positions[index] ?? 0),
        ),
      ),
    );
    return ebml.element(id.CUES, ...points);
  }
}
