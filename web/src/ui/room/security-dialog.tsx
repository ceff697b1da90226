import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { Policy } from '../../../../client/src/index.js';
import { type ClientCode, codeOf } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { Choice } from '../site/choice.js';
import { ListView } from '../site/list-view.js';
import { Problem } from '../site/problem.js';
import { Toggle } from '../site/toggle.js';
import { usePagedList } from '../site/use-paged-list.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';

/** What holds in this meeting, for hosts: each switch is in force at once. */
export function SecurityDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { stay } = useRoomUi();
  const policy = useStore(stay.store, (state) => state.room?.policy);
  return (
    <PlainDialog title={text('security.title')} isOpen={isOpen && !!policy} onClose={onClose}>
      {policy && <Doors policy={policy} />}
      {policy && <Freedoms policy={policy} />}
      <Blocks />
    </PlainDialog>
  );
}

function Doors({ policy }: { policy: Policy }) {
  const { stay } = useRoomUi();
  const rules = ['off', 'guests', 'all'] as const;
  return (
    <section className="stack tight">
      <h3>{text('security.door')}</h3>
      <Toggle
        label={text('security.locked')}
        isOn={policy.locked}
        onChange={(locked) => stay.moderation.lock(locked)}
      />
      <Choice
        label={text('security.lobby')}
        value={policy.lobby}
        onChange={(lobby) => stay.moderation.changePolicy({ lobby })}
        options={rules.map((id) => ({ id, label: text(`security.lobby.${id}`) }))}
        hint={text(policy.lobby === 'off' ? 'security.lockRefuses' : 'security.lockWaits')}
      />
    </section>
  );
}

/** What people inside may do. */
function Freedoms({ policy }: { policy: Policy }) {
  const { stay } = useRoomUi();
  const change = stay.moderation.changePolicy.bind(stay.moderation);
  const who = ['all', 'hosts', 'off'] as const;
  return (
    <section className="stack tight">
      <h3>{text('security.people')}</h3>
      <Toggle
        label={text('security.selfUnmute')}
        isOn={policy.self_unmute}
        onChange={(self_unmute) => change({ self_unmute })}
      />
      <Toggle
        label={text('security.screenShare')}
        isOn={policy.screen_share === 'all'}
        onChange={(all) => change({ screen_share: all ? 'all' : 'hosts' })}
      />
      <Toggle
        label={text('security.privateChat')}
        isOn={policy.private_chat}
        onChange={(private_chat) => change({ private_chat })}
      />
      <Toggle
        label={text('security.muteOnEntry')}
        isOn={policy.mute_on_entry}
        onChange={(mute_on_entry) => change({ mute_on_entry })}
      />
      <Choice
        label={text('security.chat')}
        value={policy.chat}
        onChange={(chat) => change({ chat })}
        options={who.map((id) => ({ id, label: text(`security.chat.${id}`) }))}
      />
    </section>
  );
}

/** Who may not return; asked for when the dialog opens. */
function Blocks() {
  const { stay } = useRoomUi();
  const list = usePagedList((cursor) => stay.api.blocks(cursor));
  const [code, setCode] = useState<ClientCode>();
  const lift = async (id: string) => {
    setCode(undefined);
    await stay.api.lift(id).catch((error) => setCode(codeOf(error)));
    await list.refresh();
  };
  return (
    <section className="stack tight">
      <h3>{text('security.blocked')}</h3>
      <Problem code={code} />
      <ListView list={list} empty={<p className="hint">{text('security.nobodyBlocked')}</p>}>
        {({ block_id, name }) => (
          <li key={block_id} className="waiting-row">
            <span className="person-name">
              <bdi>{name}</bdi>
            </span>
            <Button
              className="button small"
              aria-label={text('security.liftOne', { name })}
              onPress={() => lift(block_id)}
            >
              {text('security.lift')}
            </Button>
          </li>
        )}
      </ListView>
    </section>
  );
}
