/**
 * Which page an address means, and going from one to another without loading anew. A meeting's own
 * address `/m/…` is not among them: it is always loaded.
 */
import { Store } from './store.js';

export type Page =
  | { name: 'home' }
  /** `error`: a code, when single sign-on led here. */
  | { name: 'login'; error: string }
  | { name: 'signUp' }
  /** The link that the first start prints; without a token it says that one is needed. */
  | { name: 'setup'; token: string }
  /** Without a token: asks for the mail. */
  | { name: 'reset'; token: string }
  | { name: 'account' }
  | { name: 'newMeeting' }
  | { name: 'meeting'; meetingId: string }
  /** For administrators. */
  | { name: 'nodes' }
  | { name: 'node'; nodeId: string }
  | { name: 'recordings' }
  | { name: 'recording'; recordingId: string }
  /** A recording that somebody gave a link to; without a secret it says so. */
  | { name: 'share'; shareId: string; secret: string }
  | { name: 'nowhere' };

/** Control serves the client on these (plugins/web-client.ts). */
const pages: Readonly<Record<string, (token: string, error: string) => Page>> = {
  '/': () => ({ name: 'home' }),
  '/login': (_token, error) => ({ name: 'login', error }),
  '/signup': () => ({ name: 'signUp' }),
  '/setup': (token) => ({ name: 'setup', token }),
  '/reset': (token) => ({ name: 'reset', token }),
  '/account': () => ({ name: 'account' }),
  '/meetings/new': () => ({ name: 'newMeeting' }),
  '/nodes': () => ({ name: 'nodes' }),
  '/recordings': () => ({ name: 'recordings' }),
};

const itemPattern = /^\/(meetings|nodes|recordings|r)\/([0-9A-Za-z-]{1,64})$/;

/** Lists whose items have a page each. */
const lists: Readonly<Record<string, (id: string, secret: string) => Page>> = {
  meetings: (meetingId) => ({ name: 'meeting', meetingId }),
  nodes: (nodeId) => ({ name: 'node', nodeId }),
  recordings: (recordingId) => ({ name: 'recording', recordingId }),
  r: (shareId, secret) => ({ name: 'share', shareId, secret }),
};

/** Secrets stand in the fragment (`#t=`, `#k=`), which no server sees. */
export function readPage(pathname: string, hash: string, search = ''): Page {
  const path = pathname.length > 1 ? pathname.replace(/\/$/, '') : pathname;
  const fragment = new URLSearchParams(hash.replace(/^#/, ''));
  const token = fragment.get('t') ?? '';
  const known = pages[path];
  if (known) return known(token, new URLSearchParams(search).get('error') ?? '');
  const [, list = '', id = ''] = itemPattern.exec(path) ?? [];
  return lists[list]?.(id, fragment.get('k') ?? '') ?? { name: 'nowhere' };
}

/** The parts of `window` that are needed. */
export interface Browser {
  readonly location: Pick<Location, 'pathname' | 'hash' | 'search' | 'assign'>;
  readonly history: Pick<History, 'pushState' | 'replaceState'>;
  addEventListener(type: 'popstate', listener: () => void): void;
  scrollTo(x: number, y: number): void;
}

export interface Place {
  page: Page;
  /** Counts the pages seen; 0: the one that was loaded, whose focus is the browser's matter. */
  moves: number;
}

export class Pages {
  readonly store: Store<Place>;

  constructor(private readonly browser: Browser) {
    this.store = new Store<Place>({ page: this.read(), moves: 0 });
    browser.addEventListener('popstate', () => this.show());
  }

  readonly go = (path: string): void => this.move(path, 'pushState');

  /** The page left is not come back to: a login, a form that was sent. */
  readonly replace = (path: string): void => this.move(path, 'replaceState');

  /** A meeting's address, with its own script state: loaded anew. */
  load(path: string): void {
    this.browser.location.assign(path);
  }

  private move(path: string, how: 'pushState' | 'replaceState'): void {
    this.browser.history[how](null, '', path);
    this.show();
    this.browser.scrollTo(0, 0);
  }

  private show(): void {
    this.store.set({ page: this.read(), moves: this.store.get().moves + 1 });
  }

  private read(): Page {
    const { pathname, hash, search } = this.browser.location;
    return readPage(pathname, hash, search);
  }
}
