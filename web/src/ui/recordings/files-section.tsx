import { Button, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { Playback, RecordingFile } from '../../../../client/src/index.js';
import type { PlaybackSource } from '../../session/recordings-api.js';
import { lengthText, sizeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { Problem } from '../site/problem.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';

interface FilesSectionProps {
  playback: Playback;
  source: PlaybackSource;
}

/** Every file, by a link that is signed when it is asked for. */
export function FilesSection({ playback, source }: FilesSectionProps) {
  const { problem, act } = useAct();
  const { files } = playback.recording;
  const download = ({ file_id }: RecordingFile) =>
    act(async () => save((await source.url(file_id, { download: true })).url));
  const isWhole = ({ kind }: RecordingFile) => kind === 'composite' || kind === 'audio';
  const whole = files.filter(isWhole);
  const parts = files.filter((file) => !isWhole(file));
  const rows = (shown: readonly RecordingFile[]) => (
    <ul className="rows">
      {shown.map((file) => (
        <FileRow key={file.file_id} {...{ file, playback }} onDownload={() => download(file)} />
      ))}
    </ul>
  );
  return (
    <Section
      title={text('files.title')}
      lead={text(files.length > 0 ? 'files.lead' : 'files.none')}
    >
      {whole.length > 0 && rows(whole)}
      {parts.length > 0 && (
        <Disclosure className="disclosure">
          <Button slot="trigger" className="text-button">
            <Icon name="chevron" />
            {text('files.tracks')}
          </Button>
          <DisclosurePanel className="disclosure-panel">{rows(parts)}</DisclosurePanel>
        </Disclosure>
      )}
      <Problem {...problem} />
    </Section>
  );
}

interface FileRowProps {
  file: RecordingFile;
  playback: Playback;
  onDownload: () => void;
}

function FileRow({ file, playback, onDownload }: FileRowProps) {
  const { start_ms, end_ms, size_bytes } = file;
  const name = nameOf(file, playback);
  const label = text('files.download');
  const span = text('files.span', { from: lengthText(start_ms), to: lengthText(end_ms) });
  return (
    <li className="row">
      <div>
        <p className="row-title">{name}</p>
        <p className="hint node-counts">
          <span>{span}</span>
          <span>{sizeText(size_bytes)}</span>
        </p>
      </div>
      <Button
        className="button"
        aria-label={text('meeting.named', { action: label, title: `${name}, ${span}` })}
        onPress={onDownload}
      >
        <Icon name="download" />
        {label}
      </Button>
    </li>
  );
}

function nameOf({ kind, layout, source, participant_id }: RecordingFile, playback: Playback) {
  if (kind === 'composite') {
    return text('files.composite', { layout: text(`layout.${layout ?? 'gallery'}`) });
  }
  if (kind === 'audio') return text('files.audio');
  const person = playback.participants.find((each) => each.participant_id === participant_id);
  const name = person?.name ?? text('player.someone');
  return text(`files.${source ?? 'camera'}`, { name });
}

/** The server names the file; the page stays. */
function save(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  link.rel = 'noreferrer';
  link.click();
}
