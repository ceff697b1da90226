import type { FastifyBaseLogger } from 'fastify';
import type { ClickHouseStore } from '../../clickhouse/clickhouse-store.js';
import { type Clock, isoTime, parseTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { Report, ReportName, ReportQuery } from '../../schemas/http.js';
import type { Queryable } from '../../store/database.js';
import { type Range, reportQueries } from './queries.js';

type ReportRow = { key: string } & Record<string, string | number>;

/** What reports are counted from. */
export interface ReportSource {
  count(name: ReportName, range: Range): Promise<ReportRow[]>;
}

/** The rooms' log, for as long as it is kept (`retention.events_days`). */
export class PostgresReports implements ReportSource {
  constructor(private readonly database: Queryable) {}

  count(name: ReportName, { from, to }: Range): Promise<ReportRow[]> {
    return this.database.query<ReportRow>(reportQueries[name].postgres, [from, to]);
  }
}

export class ClickHouseReports implements ReportSource {
  constructor(
    private readonly store: Pick<ClickHouseStore, 'ask'>,
    private readonly log: Pick<FastifyBaseLogger, 'warn'>,
  ) {}

  async count(name: ReportName, range: Range): Promise<ReportRow[]> {
    return this.store.ask<ReportRow>(reportQueries[name].clickhouse(range)).catch((err) => {
      this.log.warn({ err, report: name }, 'no report from ClickHouse');
      throw new ControlError('dependency_down', 'ClickHouse does not answer.', {
        retryAfterMs: 1000,
      });
    });
  }
}

const dayMs = 86_400_000;
const usualDays = 30;
/** A year, and some to compare. More would let one request read a store whole. */
const maxDays = 400;

/** Figures of the whole installation. */
export class ReportsService {
  constructor(
    private readonly source: ReportSource,
    private readonly clock: Clock,
  ) {}

  /** @throws ControlError `bad_request` for days that are none, `dependency_down`. */
  async make(name: ReportName, wanted: ReportQuery): Promise<Report> {
    const range = this.rangeOf(wanted);
    const rows = await this.source.count(name, range);
    const items = rows.map(({ key, ...figures }) => ({
      key,
      figures: Object.fromEntries(
        Object.entries(figures).map(([figure, count]) => [figure, Number(count)]),
      ),
    }));
    return { name, ...range, items };
  }

  private rangeOf({ from, to }: ReportQuery): Range {
    const last = to === undefined ? this.clock.now() : dayAt(to);
    const first = from === undefined ? last - (usualDays - 1) * dayMs : dayAt(from);
    const days = (last - first) / dayMs;
    if (days < 0 || days >= maxDays) {
      throw new ControlError('bad_request', `A report is about 1 to ${maxDays} days.`);
    }
    return { from: isoTime(first).slice(0, 10), to: isoTime(last).slice(0, 10) };
  }
}

function dayAt(day: string): number {
  const at = parseTime(`${day}T00:00:00Z`);
  if (at === null) throw new ControlError('bad_request', `There is no day ${day}.`);
  return at;
}
