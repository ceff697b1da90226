import { type FormEvent, useState } from 'react';
import { Button, FieldError, Form, Input, Label, TextField } from 'react-aria-components';
import { codeOf } from '../protocol/errors.js';
import type { Api } from '../protocol/http.js';
import { readJoinLink, readPastedLink } from '../protocol/link.js';
import { newId } from '../session/new-id.js';
import type { Settings } from '../session/settings.js';
import { errorText, text } from '../strings/index.js';
import { Brand } from './brand.js';
import { Icon } from './icons.js';

export function LandingPage({ api, settings }: { api: Api; settings: Settings }) {
  const [creating, setCreating] = useState(false);
  const [error, setError] = useState('');
  const [asksForLink, setAsksForLink] = useState(false);

  const create = async () => {
    setCreating(true);
    setError('');
    try {
      await openNewMeeting(api, settings);
    } catch (refusal) {
      setError(errorText(codeOf(refusal)));
      setCreating(false);
    }
  };

  return (
    <div className="page">
      <Brand />
      <main className="landing">
        <Seats />
        <h1>{text('app.tagline')}</h1>
        <p className="lead">{text('app.description')}</p>
        <div className="landing-actions">
          <Button className="button primary large" onPress={create} isDisabled={creating}>
            <Icon name="plus" />
            {creating ? text('landing.creating') : text('landing.new')}
          </Button>
          <Button
            className="button large"
            aria-expanded={asksForLink}
            onPress={() => setAsksForLink(!asksForLink)}
          >
            <Icon name="link" />
            {text('landing.join')}
          </Button>
        </div>
        {asksForLink && <LinkForm />}
        <p role="alert" className="form-error">
          {error}
        </p>
      </main>
    </div>
  );
}

/** The host's secret stays here; the address bar gets the link that is handed out. */
async function openNewMeeting(api: Api, settings: Settings): Promise<void> {
  const { host_invite, participant_link } = await api.createMeeting(newId());
  const own = new URL(host_invite.url);
  const host = readJoinLink(own.pathname, own.hash);
  if (host?.secret) settings.keepHostSecret(host.code, host.secret);
  const link = new URL(participant_link);
  location.assign(`${link.pathname}${link.hash}`);
}

function LinkForm() {
  const [isWrong, setIsWrong] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const pasted = String(new FormData(event.currentTarget).get('link') ?? '');
    const url = readPastedLink(pasted, location.origin);
    setIsWrong(!url);
    if (url) location.assign(url);
  };
  return (
    <Form className="landing-link" onSubmit={submit} validationBehavior="aria">
      <TextField name="link" type="url" isInvalid={isWrong} autoFocus className="field">
        <Label>{text('landing.field')}</Label>
        <Input autoComplete="off" spellCheck={false} />
        <FieldError>
          {text('landing.notALink', { example: `${location.origin}/m/…#k=…` })}
        </FieldError>
      </TextField>
      <Button type="submit" className="button primary">
        {text('landing.go')}
      </Button>
    </Form>
  );
}

/** An assembly seen from above: three rows of seats around the place to speak from. */
function Seats() {
  const rows = [
    { radius: 46, seats: 7 },
    { radius: 76, seats: 11 },
    { radius: 106, seats: 15 },
  ];
  const dots = rows.flatMap(({ radius, seats }, row) =>
    Array.from({ length: seats }, (_, seat) => {
      const angle = (Math.PI * (seat + 0.5)) / seats;
      const isTaken = (seat * 7 + row * 5) % 4 !== 0;
      return {
        key: `${row}-${seat}`,
        x: 120 - radius * Math.cos(angle),
        y: 118 - radius * Math.sin(angle),
        className: isTaken ? 'seat taken' : 'seat',
      };
    }),
  );
  return (
    <svg className="seats" viewBox="0 0 240 128" aria-hidden="true">
      {dots.map(({ key, x, y, className }) => (
        <circle key={key} className={className} cx={x} cy={y} r="6.5" />
      ))}
      <circle className="seat speaker" cx="120" cy="116" r="9" />
    </svg>
  );
}
