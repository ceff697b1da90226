/** Gathers what tiles report and tells the server what changed, a moment later and at once. */

import type { Publication, SubscriptionWish, Timers } from '../../../client/src/index.js';
import { codeOf } from '../../../client/src/index.js';
import { everything, type VideoBudget } from './video-budget.js';
import {
  type Attention,
  leftOut,
  settleMs,
  type TileSize,
  type Wishes,
  wishesFor,
  wishesToTell,
} from './visibility.js';

export class VisibilityReporter {
  private readonly tiles = new Map<string, TileSize>();
  private publications: readonly Publication[] = [];
  private attention: Attention = { large: new Set() };
  private budget = everything;
  private out: ReadonlySet<string> = new Set();
  private told: Wishes = new Map();
  private pageHidden = false;
  private pending = false;

  constructor(
    private readonly timers: Timers,
    private readonly tell: (items: SubscriptionWish[]) => Promise<unknown>,
    /** Publications with a tile that are not taken, whenever they are others. */
    private readonly left: (out: ReadonlySet<string>) => void = () => {},
  ) {}

  /** A tile came on screen, changed its size, or (undefined) is not seen any more. */
  tile(publicationId: string, size: TileSize | undefined): void {
    if (size) this.tiles.set(publicationId, size);
    else this.tiles.delete(publicationId);
    this.schedule();
  }

  setPageHidden(hidden: boolean): void {
    this.pageHidden = hidden;
    this.schedule();
  }

  setBudget(budget: VideoBudget): void {
    this.budget = budget;
    this.schedule();
  }

  /** Remote video publications, and who matters; sound is always wanted. */
  setPublications(publications: readonly Publication[], attention: Attention): void {
    this.publications = publications;
    this.attention = attention;
    this.schedule();
  }

  /** The seat was taken anew: the server knows nothing of what was told. */
  forget(): void {
    this.told = new Map();
    this.schedule();
  }

  /** Of these the server knows nothing: another node has the room. */
  retell(publicationIds: readonly string[]): void {
    const ids = new Set(publicationIds);
    this.told = new Map([...this.told].filter(([id]) => !ids.has(id)));
    this.schedule();
  }

  private schedule(): void {
    if (this.pending) return;
    this.pending = true;
    this.timers.after(settleMs, () => this.flush());
  }

  private flush(): void {
    this.pending = false;
    const tiles = this.pageHidden ? new Map() : this.tiles;
    const wanted = wishesFor(this.publications, tiles, this.attention, this.budget);
    this.leave(leftOut(wanted, tiles));
    const items = wishesToTell(this.told, wanted);
    const untold = this.told;
    const next = new Map([...untold].filter(([id]) => wanted.has(id)));
    for (const item of items) next.set(item.publication_id, item);
    this.told = next;
    if (items.length > 0) this.tell(items).catch((error: unknown) => this.refused(error));
  }

  private leave(out: ReadonlySet<string>): void {
    const isSame = out.size === this.out.size && [...out].every((id) => this.out.has(id));
    if (isSame) return;
    this.out = out;
    this.left(out);
  }

  /** Too fast, or a publication ended meanwhile: what is still true is told again later. */
  private refused(error: unknown): void {
    if (codeOf(error) === 'abandoned') return;
    this.timers.after(1_000, () => this.forget());
  }
}
