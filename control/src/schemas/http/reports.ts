/** Figures of an installation, by the day. */

import { type Static, Type } from 'typebox';
import { Choice } from '../values.js';
import { strict } from './common.js';

export const reportNames = [
  'meetings',
  'joins',
  'departures',
  'messages',
  'minutes',
  'peak',
  'lengths',
] as const;

export const ReportName = Choice(reportNames);

/** A day of UTC. */
const Day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });

/** Both days are in it; without them the last 30. At most 400 days. */
export const ReportQuery = Type.Object(
  { from: Type.Optional(Day), to: Type.Optional(Day) },
  strict,
);

/** `key` is a day, or for `lengths` up to how many minutes a room was open. Days of nothing may lack. */
export const Report = Type.Object({
  name: ReportName,
  from: Day,
  to: Day,
  items: Type.Array(
    Type.Object({ key: Type.String(), figures: Type.Record(Type.String(), Type.Integer()) }),
  ),
});

export type ReportName = Static<typeof ReportName>;
export type ReportQuery = Static<typeof ReportQuery>;
export type Report = Static<typeof Report>;
