/** What the main process asks of a worker, and what it answers. */

export interface Job {
  readonly run: number;
  readonly seed: number;
}

export interface JobResult extends Job {
  /** Of each threshold of the run; infinite values as null, for JSON. */
  readonly values: readonly (number | null)[];
}

export interface WorkerOptions {
  readonly file: string;
  readonly only: string | undefined;
}
