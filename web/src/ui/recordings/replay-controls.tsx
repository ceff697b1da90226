import { Button } from 'react-aria-components';
import { type Player, rates } from '../../session/playback/player.js';
import { lengthText, numberText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { Icon, type IconName } from '../icons.js';
import { Choice } from '../site/choice.js';
import { useStore } from '../use-store.js';
import { SeekBar } from './seek-bar.js';
import type { ReplayState, ReplayView } from './use-replay.js';

const skipMs = 10_000;

interface ReplayControlsProps {
  replay: ReplayState;
  onFullScreen: () => void;
}

export function ReplayControls({ replay, onFullScreen }: ReplayControlsProps) {
  const { player, playback } = replay;
  const isPlaying = useStore(player.store, (state) => state.isPlaying);
  return (
    <div className="replay-controls">
      <SeekBar playback={playback} player={player} />
      <div className="replay-buttons">
        <Control
          icon={isPlaying ? 'pause' : 'play'}
          label={text(isPlaying ? 'player.pause' : 'player.play')}
          onPress={player.toggle}
        />
        <Control icon="skipBack" label={text('player.back')} onPress={() => player.skip(-skipMs)} />
        <Control
          icon="skipForward"
          label={text('player.forward')}
          onPress={() => player.skip(skipMs)}
        />
        <Clock player={player} />
        <Loudness player={player} />
        <Speed player={player} />
        <View replay={replay} />
        <Control icon="fullScreen" label={text('view.fullScreen')} onPress={onFullScreen} />
      </div>
    </div>
  );
}

function Control(props: { icon: IconName; label: string; onPress: () => void }) {
  return (
    <Button className="icon-button" aria-label={props.label} onPress={props.onPress}>
      <Icon name={props.icon} />
    </Button>
  );
}

function Clock({ player }: { player: Player }) {
  const position = useStore(player.store, ({ positionMs }) => lengthText(positionMs));
  const duration = useStore(player.store, ({ durationMs }) => lengthText(durationMs));
  return (
    <p className="replay-clock">
      <bdi>{position}</bdi> / <bdi>{duration}</bdi>
    </p>
  );
}

function Loudness({ player }: { player: Player }) {
  const isMuted = useStore(player.store, (state) => state.isMuted || state.volume === 0);
  const volume = useStore(player.store, (state) => (state.isMuted ? 0 : state.volume));
  return (
    <span className="replay-volume">
      <Control
        icon={isMuted ? 'speakerOff' : 'speaker'}
        label={text(isMuted ? 'player.unmute' : 'player.mute')}
        onPress={player.toggleMute}
      />
      <input
        type="range"
        className="range"
        aria-label={text('player.volume')}
        min={0}
        max={1}
        step={0.05}
        value={volume}
        onChange={(event) => player.setVolume(Number(event.target.value))}
      />
    </span>
  );
}

function Speed({ player }: { player: Player }) {
  const rate = useStore(player.store, (state) => state.rate);
  return (
    <Choice
      label={text('player.speed')}
      value={String(rate)}
      onChange={(chosen) => player.setRate(Number(chosen))}
      options={rates.map((each) => ({
        id: String(each),
        label: text('player.rate', { rate: numberText(each) }),
      }))}
    />
  );
}

export function viewText(view: ReplayView): string {
  return view === 'people' ? text('player.people') : text(`layout.${view}`);
}

function View({ replay: { view, views, choose } }: { replay: ReplayState }) {
  if (views.length < 2) return null;
  return (
    <Choice
      label={text('player.view')}
      value={view}
      onChange={choose}
      options={views.map((id) => ({ id, label: viewText(id) }))}
    />
  );
}
