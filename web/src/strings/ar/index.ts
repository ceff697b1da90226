/** Arabic. */
import type { Catalogue } from '../en/index.js';
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

export const ar: Catalogue = {
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
};
