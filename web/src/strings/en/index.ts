/**
 * Every text a person sees, in English, split by area so that two people can add keys at once.
 * ICU MessageFormat: `{name}` is filled in, `{count, plural, one {# person} other {# people}}`
 * follows the language, `{page, number}` writes a number its way. Other languages have the same keys.
 */
import { account } from './account.js';
import { announce } from './announce.js';
import { app } from './app.js';
import { chat } from './chat.js';
import { errors } from './errors.js';
import { landing } from './landing.js';
import { meetings } from './meetings.js';
import { nodes } from './nodes.js';
import { people } from './people.js';
import { prejoin } from './prejoin.js';
import { recordings } from './recordings.js';
import { room } from './room.js';
import { settings } from './settings.js';
import { site } from './site.js';
import { stats } from './stats.js';

export const en = {
  ...account,
  ...announce,
  ...app,
  ...chat,
  ...errors,
  ...landing,
  ...meetings,
  ...nodes,
  ...people,
  ...prejoin,
  ...recordings,
  ...room,
  ...settings,
  ...site,
  ...stats,
} as const;

export type TextKey = keyof typeof en;

/** A language's texts. What is missing is shown in English (and fails a test). */
export type Catalogue = Readonly<Partial<Record<TextKey, string>>>;
