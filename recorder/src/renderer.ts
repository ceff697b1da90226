/** What composes (recorder/src/render): the recorder passes orders on, and says how busy it is. */
import type { RenderOrder, RenderStatus } from './contract.js';

export interface Renderer {
  /** Composing jobs that it takes at once. */
  readonly slots: number;
  /** Those that run or wait. */
  readonly jobs: number;
  statuses(): RenderStatus[];
  render(order: RenderOrder): void;
  cancel(renderId: string): void;
  /** One listener. */
  onStatus(listener: (status: RenderStatus) => void): void;
  close(): Promise<void>;
}
