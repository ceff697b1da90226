import { useEffect, useState } from 'react';
import { Button, Link } from 'react-aria-components';
import type { Playback } from '../../../../client/src/index.js';
import { SharedAccess, type SharedState } from '../../session/playback/shared-access.js';
import type { PlaybackSource } from '../../session/recordings-api.js';
import { errorText, text } from '../../strings/index.js';
import { checkFilled } from '../site/checks.js';
import { Field } from '../site/field.js';
import { Problem } from '../site/problem.js';
import { SitePage } from '../site/site-page.js';
import { SubmitForm } from '../site/submit-form.js';
import { useStore } from '../use-store.js';
import { FilesSection } from './files-section.js';
import { KeysSection } from './keys-section.js';
import { RecordingFacts, titleOf } from './recording-facts.js';
import { Replay } from './replay.js';
import { useRecordings } from './use-recordings.js';
import { useReplay } from './use-replay.js';

/** What a shared link opens: the player and the downloads, nothing to change. */
export default function SharePage({ shareId, secret }: { shareId: string; secret: string }) {
  const recordings = useRecordings();
  const [access] = useState(() => new SharedAccess(recordings, shareId, secret));
  const state = useStore(access.store, (value) => value);
  useEffect(() => void access.open(), [access]);
  switch (state.phase) {
    case 'opening':
      return <SitePage title={text('site.loading')} shape="card" />;
    case 'locked':
      return <Locked access={access} state={state} />;
    case 'refused':
      return <Refused access={access} state={state} />;
    case 'open':
      return <Shared playback={state.playback} source={state.source} />;
  }
}

interface LockedProps {
  access: SharedAccess;
  state: Extract<SharedState, { phase: 'locked' }>;
}

function Locked({ access, state }: LockedProps) {
  const [passcode, setPasscode] = useState('');
  const problem = state.isWrong ? { text: text('shared.wrong') } : { code: state.code };
  return (
    <SitePage title={text('shared.title')} lead={text('shared.locked')} shape="card">
      <SubmitForm
        label={text('shared.open')}
        check={() => checkFilled({ passcode })}
        onSubmit={() => access.open(passcode)}
      >
        <Field
          name="passcode"
          label={text('shares.passcode')}
          autoComplete="off"
          value={passcode}
          onChange={setPasscode}
          isCode
          isRequired
          autoFocus
        />
        <Problem {...problem} />
      </SubmitForm>
    </SitePage>
  );
}

interface RefusedProps {
  access: SharedAccess;
  state: Extract<SharedState, { phase: 'refused' }>;
}

function Refused({ access, state: { code } }: RefusedProps) {
  const isGone = code === 'not_found' || code === 'forbidden' || code === 'unauthenticated';
  return (
    <SitePage
      title={isGone ? text('shared.gone') : errorText(code)}
      lead={isGone ? text('shared.goneText') : undefined}
      shape="card"
    >
      <div className="form-actions">
        {!isGone && (
          <Button className="button primary" onPress={() => void access.open()}>
            {text('prejoin.again')}
          </Button>
        )}
        <Link className="button" href="/">
          {text('prejoin.home')}
        </Link>
      </div>
    </SitePage>
  );
}

function Shared({ playback, source }: { playback: Playback; source: PlaybackSource }) {
  const { recording } = playback;
  const replay = useReplay(playback, source);
  return (
    <SitePage title={titleOf(recording)} shape="theatre">
      <div className="meeting-facts">
        <RecordingFacts recording={recording} />
      </div>
      <Replay replay={replay} />
      <div className="replay-sections">
        <FilesSection playback={playback} source={source} />
        {replay.views.length > 0 && <KeysSection />}
      </div>
    </SitePage>
  );
}
