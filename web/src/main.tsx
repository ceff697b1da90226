import '@fontsource-variable/inter/wght.css';
import './ui/styles/tokens.css';
import './ui/styles/base.css';
import './ui/styles/controls.css';
import './ui/styles/pages.css';
import './ui/styles/site.css';
import './ui/styles/forms.css';
import './ui/styles/lists.css';
import './ui/styles/account.css';
import './ui/styles/nodes.css';
import './ui/styles/room.css';
import './ui/styles/gallery.css';
import './ui/styles/panels.css';
import './ui/styles/reactions.css';
import './ui/styles/stats.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { type Api, createApi, type Joined } from '../../client/src/index.js';
import { type JoinLink, readJoinLink } from './protocol/link.js';
import { Account } from './session/account.js';
import { Entry } from './session/entry.js';
import { Installation } from './session/installation.js';
import { LocalMedia } from './session/local-media.js';
import { Meeting } from './session/meeting.js';
import { Pages } from './session/pages.js';
import { Settings } from './session/settings.js';
import { traced } from './session/traceparent.js';
import { applyLanguage, onLanguage, takeLanguage } from './strings/index.js';
import { App } from './ui/app.js';
import { allowEmptyHtml } from './ui/empty-html.js';

const api = apiAt(location.origin);
const settings = new Settings(storageOf(window));

allowEmptyHtml(window);
onLanguage(() => applyLanguage(document.documentElement));
await takeLanguage(settings.language, navigator.languages);

const link = readJoinLink(location.pathname, location.hash);
const account = new Account(api, settings);
const entry = link && entryOf(link);

const client = {
  api,
  settings,
  account,
  installation: new Installation(api),
  pages: new Pages(window),
};

if (entry) {
  void entry.check();
  window.addEventListener('hashchange', () => location.reload());
} else {
  void client.account.look();
  void client.installation.load();
}

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App client={client} entry={entry} />
    </StrictMode>,
  );
}

function entryOf(link: JoinLink): Entry {
  const local = new LocalMedia(settings);
  const stayOf = (seat: Joined, consented: boolean | undefined) =>
    new Meeting(seat, local, settings, consented);
  const { origin } = location;
  return new Entry(link, { api, origin, apiAt, account, settings, local, stayOf });
}

function apiAt(origin: string): Api {
  return createApi((path, init) => fetch(new URL(path, origin), traced(path, init)));
}

/** Reading the property itself throws where storage is blocked. */
function storageOf(page: Window): Storage | undefined {
  try {
    return page.localStorage;
  } catch {
    return undefined;
  }
}
