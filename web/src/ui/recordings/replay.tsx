import { useEffect, useRef } from 'react';
import { Button, Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { playerAction } from '../../session/playback/player-keys.js';
import { currentLanguage, errorText, text } from '../../strings/index.js';
import '../styles/replay.css';
import { useClient } from '../client.js';
import { useStore } from '../use-store.js';
import { Chapters } from './chapters.js';
import { ReplayChat } from './replay-chat.js';
import { ReplayControls } from './replay-controls.js';
import { ReplayStage } from './replay-stage.js';
import type { ReplayState } from './use-replay.js';

/** The picture with its controls, and beside it what was said and written when. */
export function Replay({ replay }: { replay: ReplayState }) {
  const { playback, player, views } = replay;
  const screen = useRef<HTMLElement>(null);
  const fullScreen = () => toggleFullScreen(screen.current);
  usePlayerKeys(replay, screen, fullScreen);
  if (views.length === 0) return <NothingYet replay={replay} />;
  return (
    <div className="replay">
      <section ref={screen} className="replay-screen" aria-label={text('player.name')}>
        <ReplayStage replay={replay} />
        <Trouble replay={replay} />
        <ReplayControls replay={replay} onFullScreen={fullScreen} />
      </section>
      <Tabs className="tabs replay-side">
        <TabList className="tab-list" aria-label={text('player.name')}>
          <Tab id="chapters" className="tab">
            {text('chapters.title')}
          </Tab>
          <Tab id="chat" className="tab">
            {text('replay.chat')}
          </Tab>
        </TabList>
        <TabPanel id="chapters" className="replay-panel">
          <Chapters playback={playback} player={player} />
        </TabPanel>
        <TabPanel id="chat" className="replay-panel">
          <ReplayChat messages={playback.messages} player={player} />
        </TabPanel>
      </Tabs>
    </div>
  );
}

function NothingYet({ replay }: { replay: ReplayState }) {
  const isFailed = replay.playback.recording.status === 'failed';
  return (
    <div className="replay-nothing">
      <p className="row-title">{text('player.empty')}</p>
      <p className="muted">{text(isFailed ? 'player.failedText' : 'player.emptyText')}</p>
    </div>
  );
}

function Trouble({ replay: { player } }: { replay: ReplayState }) {
  const failure = useStore(player.store, (state) => state.failure);
  const isBlocked = useStore(player.store, (state) => state.isBlocked);
  return (
    <div role="alert" className="replay-trouble">
      {failure && (
        <>
          <p>{text('player.failed', { reason: errorText(failure) })}</p>
          <Button className="button small" onPress={player.retry}>
            {text('prejoin.again')}
          </Button>
        </>
      )}
      {isBlocked && (
        <>
          <p>{text('player.blocked')}</p>
          <Button className="button small" onPress={() => player.play()}>
            {text('player.play')}
          </Button>
        </>
      )}
    </div>
  );
}

/** Not on every phone; there the button does nothing worse. */
function toggleFullScreen(element: Partial<HTMLElement> | null): void {
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
  else void element?.requestFullscreen?.().catch(() => undefined);
}

const typing =
  'input:not([data-seek]), textarea, select, [contenteditable], [role="menu"], [role="listbox"], [role="dialog"], [role="alertdialog"]';
const presses = 'button, a[href], [role="button"], [role="switch"], [role="tab"]';
const walks = '[role="tablist"]';

/** For the page, or, when single keys are switched off, while the focus is in the player (WCAG 2.1.4). */
function usePlayerKeys(
  { player, views }: ReplayState,
  screen: React.RefObject<HTMLElement | null>,
  fullScreen: () => void,
): void {
  const { settings } = useClient();
  const hasPlayer = views.length > 0;
  const latest = useRef(fullScreen);
  latest.current = fullScreen;
  useEffect(() => {
    if (!hasPlayer) return;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const target = event.target instanceof Element ? event.target : undefined;
      const isInside = target !== undefined && screen.current?.contains(target) === true;
      if (target?.closest(typing) || (!settings.shortcuts && !isInside)) return;
      if (event.code === 'Space' && target?.closest(presses)) return;
      if (event.code.startsWith('Arrow') && target?.closest(walks)) return;
      const isRightToLeft = currentLanguage().language.dir === 'rtl';
      const action = playerAction(event, isRightToLeft);
      if (event.code === 'KeyF' && !event.shiftKey) latest.current();
      else if (action) action(player);
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [player, screen, settings, hasPlayer]);
}
