import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { type ClientCode, codeOf } from '../../../client/src/index.js';
import { addressIn, keepHostLink } from '../session/meeting-links.js';
import { newId } from '../session/new-id.js';
import { text } from '../strings/index.js';
import { Brand } from './brand.js';
import { type Client, useClient } from './client.js';
import { Icon } from './icons.js';
import { LinkForm } from './link-form.js';
import { AccountMenu } from './site/account-menu.js';
import { Problem } from './site/problem.js';
import { useStore } from './use-store.js';

export function LandingPage() {
  const client = useClient();
  const { installation } = client;
  /** Until the server has told: as on a server that lets everybody make meetings. */
  const isOpen = useStore(installation.store, (config) => config?.anonymous_meetings !== false);
  useEffect(() => {
    document.title = text('app.name');
  });
  const [creating, setCreating] = useState(false);
  const [code, setCode] = useState<ClientCode>();
  const [asksForLink, setAsksForLink] = useState(false);

  const create = async () => {
    setCreating(true);
    setCode(undefined);
    try {
      await openNewMeeting(client);
    } catch (refusal) {
      setCode(codeOf(refusal));
      setCreating(false);
    }
  };

  return (
    <div className="page">
      <Brand>
        <AccountMenu />
      </Brand>
      <main className="landing">
        <Seats />
        <h1>{text('app.tagline')}</h1>
        <p className="lead">{text('app.description')}</p>
        <div className="landing-actions">
          {isOpen && (
            <Button className="button primary large" onPress={create} isDisabled={creating}>
              <Icon name="plus" />
              {creating ? text('landing.creating') : text('landing.new')}
            </Button>
          )}
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
        <Problem code={code} />
      </main>
    </div>
  );
}

/** The host's secret stays here; the address bar gets the link that is handed out. */
async function openNewMeeting({ api, settings, pages }: Client): Promise<void> {
  const { host_invite, participant_link } = await api.createMeeting(newId());
  keepHostLink(settings, host_invite.url);
  pages.load(addressIn(participant_link));
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
