import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { Database, Queryable } from '../../store/database.js';
import { WorkLoop } from '../../work-loop.js';
import type { ProfileChange } from './service.js';

export interface AccountNewsContext {
  database: Database;
  clock: Clock;
  ids: Ids;
  /** An account shows itself otherwise from now on. */
  profileChanged: (userId: string, change: ProfileChange) => void;
  /** An account is disabled or gone. */
  accountEnded: (userId: string) => void;
  report: (error: unknown) => void;
}

interface News {
  newsId: string;
  userId: string;
  change: ProfileChange | null;
}

/** An account that was disabled is out of every room of every process after so long. */
const lookMs = 500;
/** Each look reaches so far back: a transaction may commit that late, and clocks may differ. */
const overlapMs = 60_000;

/** Tells every control process what changed of accounts, by rows that are written with the change. */
export class AccountNews {
  /** What was heard of, by when it may be forgotten (monotonic). */
  private readonly known = new Map<string, number>();
  private readonly loop: WorkLoop;

  constructor(private readonly context: AccountNewsContext) {
    const { clock, report } = context;
    const turn = () => this.look();
    this.loop = new WorkLoop({ clock, idleMs: lookMs, turn, onFailure: report });
  }

  /** @param change null: it is disabled or gone. @returns what is to be done here, once it is written. */
  async write(tx: Queryable, userId: string, change: ProfileChange | null): Promise<() => void> {
    const { ids, clock } = this.context;
    const news = { newsId: ids.next(), userId, change };
    await tx.query(
      'insert into account_news (news_id, user_id, change, created_at) values ($1, $2, $3, $4)',
      [news.newsId, userId, change && JSON.stringify(change), new Date(clock.now())],
    );
    return () => this.hear(news);
  }

  /** What other processes write is heard from now on. */
  watch(): () => Promise<void> {
    this.loop.start();
    return () => this.loop.stop();
  }

  private async look(): Promise<void> {
    const { database, clock } = this.context;
    const rows = await database.query<News>(
      `select news_id as "newsId", user_id as "userId", change from account_news
       where created_at > $1 order by news_id`,
      [new Date(clock.now() - overlapMs)],
    );
    for (const news of rows) this.hear(news);
    for (const [newsId, until] of this.known) {
      if (until > clock.monotonic()) return;
      this.known.delete(newsId);
    }
  }

  private hear({ newsId, userId, change }: News): void {
    const { clock, profileChanged, accountEnded } = this.context;
    if (this.known.has(newsId)) return;
    this.known.set(newsId, clock.monotonic() + 2 * overlapMs);
    if (change === null) accountEnded(userId);
    else profileChanged(userId, change);
  }
}
