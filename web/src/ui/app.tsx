import { useSyncExternalStore } from 'react';
import { I18nProvider } from 'react-aria-components';
import type { Api } from '../protocol/http.js';
import type { Entry } from '../session/entry.js';
import type { Settings } from '../session/settings.js';
import { currentLanguage, onLanguage } from '../strings/index.js';
import { ClientContext } from './client.js';
import { LandingPage } from './landing-page.js';
import { MeetingPage } from './meeting-page.js';

/** `entry` is there on a meeting's page; every other address shows the start page. */
export function App(props: { api: Api; settings: Settings; entry: Entry | undefined }) {
  const { api, settings, entry } = props;
  const { locale } = useSyncExternalStore(onLanguage, currentLanguage);
  return (
    <I18nProvider locale={locale}>
      <ClientContext value={{ api, settings }}>
        {entry ? <MeetingPage entry={entry} /> : <LandingPage api={api} settings={settings} />}
      </ClientContext>
    </I18nProvider>
  );
}
