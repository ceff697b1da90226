import { lazy, Suspense, useSyncExternalStore } from 'react';
import { I18nProvider, RouterProvider } from 'react-aria-components';
import type { Entry } from '../session/entry.js';
import type { Page } from '../session/pages.js';
import { currentLanguage, onLanguage, text } from '../strings/index.js';
import { type Client, ClientContext, useClient } from './client.js';
import { CrashGuard } from './crash-guard.js';
import { LandingPage } from './landing-page.js';
import { MeetingPage } from './meeting-page.js';
import { useStore } from './use-store.js';

/** Loaded when needed: whoever follows a link to a meeting waits for none of them. */
const EntrancePage = lazy(() => import('./entrance-pages.js'));
const LoginAgain = lazy(() => import('./site/login-again.js'));
const MemberPage = lazy(() => import('./member-pages.js'));
const SharePage = lazy(() => import('./recordings/share-page.js'));

/** `entry` is there on a meeting's page; every other address is one of `session/pages.ts`. */
export function App({ client, entry }: { client: Client; entry: Entry | undefined }) {
  const { locale } = useSyncExternalStore(onLanguage, currentLanguage);
  return (
    <I18nProvider locale={locale}>
      <RouterProvider navigate={client.pages.go}>
        <ClientContext value={client}>
          <CrashGuard onCrash={() => entry?.quit()}>
            {entry ? (
              <MeetingPage entry={entry} />
            ) : (
              <Suspense fallback={<Waiting />}>
                <Site />
              </Suspense>
            )}
          </CrashGuard>
        </ClientContext>
      </RouterProvider>
    </I18nProvider>
  );
}

function Waiting() {
  return (
    <div className="page">
      <main className="notice-page" aria-busy="true">
        <span className="spinner" aria-hidden="true" />
        <h1 className="visually-hidden">{text('site.loading')}</h1>
      </main>
    </div>
  );
}

/** Open to everybody. */
const entrances: readonly Page['name'][] = ['login', 'signUp', 'setup', 'reset', 'nowhere'];

function Site() {
  const { account, pages } = useClient();
  const { page, moves } = useStore(pages.store, (value) => value);
  const state = useStore(account.store, (value) => value);
  if (page.name === 'share') return <SharePage key={moves} {...page} />;
  if (entrances.includes(page.name)) return <EntrancePage key={moves} page={page} />;
  if ('user' in state) {
    const { user, phase } = state;
    return (
      <>
        <MemberPage key={`${moves} ${user.user_id}`} page={page} user={user} />
        <Suspense>{phase === 'ended' && <LoginAgain />}</Suspense>
      </>
    );
  }
  if (page.name === 'home' && !(state.phase === 'looking' && account.isExpected)) {
    return <LandingPage />;
  }
  if (state.phase === 'looking') return <Waiting />;
  return <EntrancePage page={page} />;
}
