import { type FormEvent, useState } from 'react';
import { Button, FieldError, Form, Input, Label, TextField } from 'react-aria-components';
import type { Entry, EntryState } from '../session/entry.js';
import type { LocalMedia } from '../session/local-media.js';
import { errorText, type TextKey, text } from '../strings/index.js';
import { Brand } from './brand.js';
import { DevicePickers } from './device-pickers.js';
import { Icon } from './icons.js';
import { MicrophoneMeter } from './microphone-meter.js';
import { ToolButton } from './tool-button.js';
import { useStore } from './use-store.js';
import { VideoView } from './video-view.js';

type Ready = Extract<EntryState, { phase: 'ready' }>;

export function PrejoinPage({ entry, state }: { entry: Entry; state: Ready }) {
  const { meeting } = state;
  return (
    <div className="page">
      <Brand />
      <main className="prejoin">
        <section className="prejoin-preview" aria-label={text('prejoin.devices')}>
          <Preview local={entry.local} />
          <MicrophoneMeter local={entry.local} />
          <DevicePickers local={entry.local} />
        </section>
        <section className="prejoin-form">
          <div>
            <p className="overline">{text('prejoin.title')}</p>
            <h1>
              <bdi>{meeting.title || text('meeting.untitled')}</bdi>
            </h1>
            <p className="muted">
              {text(meeting.host_present ? 'prejoin.hostPresent' : 'prejoin.hostAbsent')}
            </p>
            {meeting.recording_active && <p className="muted">{text('prejoin.recording')}</p>}
          </div>
          <JoinForm entry={entry} state={state} />
        </section>
      </main>
    </div>
  );
}

function JoinForm({ entry, state }: { entry: Entry; state: Ready }) {
  const [name, setName] = useState(entry.settings.name);
  const [isMissing, setIsMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    setIsMissing(wanted === '');
    if (wanted !== '') void entry.join(wanted);
  };
  return (
    <Form className="stack" onSubmit={submit} validationBehavior="aria">
      <TextField
        className="field"
        value={name}
        onChange={setName}
        isInvalid={isMissing}
        maxLength={64}
        autoFocus
      >
        <Label>{text('prejoin.name')}</Label>
        <Input autoComplete="name" />
        <FieldError>{text('prejoin.nameNeeded')}</FieldError>
      </TextField>
      <Button type="submit" className="button primary large" isDisabled={state.joining}>
        {text(state.joining ? 'prejoin.joining' : 'prejoin.join')}
      </Button>
      <p role="alert" className="form-error">
        {state.error && errorText(state.error)}
      </p>
    </Form>
  );
}

function Preview({ local }: { local: LocalMedia }) {
  const { camera, microphone, muted } = useStore(local.store, (value) => value);
  const toggleMicrophone = () =>
    microphone.track ? local.setMuted(!muted) : local.start('microphone');
  const toggleCamera = () => (camera.track ? local.stopCamera() : local.start('camera'));
  const problems = [
    problemOf('microphone', microphone.state),
    problemOf('camera', camera.state),
  ].filter((key) => key !== undefined);
  return (
    <>
      <div className="preview">
        {camera.track ? (
          <VideoView track={camera.track} label={text('prejoin.preview')} isMirrored />
        ) : (
          <p className="preview-off">
            <Icon name="cameraOff" />
            {text(camera.state === 'starting' ? 'prejoin.cameraStarting' : 'prejoin.cameraOff')}
          </p>
        )}
        <div className="preview-tools">
          <ToolButton
            icon={muted ? 'microphoneOff' : 'microphone'}
            label={text(muted ? 'tool.unmute' : 'tool.mute')}
            isPressed={muted}
            isOff={muted}
            onPress={toggleMicrophone}
          />
          <ToolButton
            icon={camera.track ? 'camera' : 'cameraOff'}
            label={text(camera.track ? 'tool.stopVideo' : 'tool.startVideo')}
            isPressed={!camera.track}
            isOff={!camera.track}
            onPress={toggleCamera}
          />
        </div>
      </div>
      <div role="status">
        {problems.map((key) => (
          <p key={key} className="hint">
            {text(key)}
          </p>
        ))}
      </div>
    </>
  );
}

function problemOf(source: 'microphone' | 'camera', state: string): TextKey | undefined {
  if (state !== 'denied' && state !== 'missing' && state !== 'failed') return undefined;
  return `device.${source}.${state}`;
}
