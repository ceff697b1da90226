/** Recordings by the API, as a host's page asks for them. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type {
  Recording,
  RecordingFile,
  Render,
} from '../../control/src/schemas/http/recordings.js';
import type { ManifestLine } from '../../recorder/src/index.js';
import type { Admin } from '../../test/chaos/fleet/admin.js';
import { eventually } from '../../test/e2e/support/plenum.js';

/** Long enough for a machine that does much else: what is measured has bars of its own. */
const limitMs = 300_000;

export class Recordings {
  constructor(private readonly admin: Admin) {}

  /** @returns its id once it is being recorded. */
  async start(meetingId: string): Promise<string> {
    const made = await this.admin.ask('POST', `v1/meetings/${meetingId}/recordings`, {});
    const { recording_id: id } = (await made.json()) as Recording;
    await eventually('it is recorded', async () =>
      (await this.get(id)).status === 'recording' ? true : undefined,
    );
    return id;
  }

  async get(id: string): Promise<Recording> {
    return (await (await this.admin.ask('GET', `v1/recordings/${id}`)).json()) as Recording;
  }

  async stop(id: string): Promise<void> {
    const { headers } = await this.admin.ask('GET', `v1/recordings/${id}`);
    const etag = headers.get('etag') ?? '*';
    await this.admin.ask('PATCH', `v1/recordings/${id}`, { state: 'stopped' }, etag);
  }

  /** @throws Error when it has failed. */
  untilReady(id: string): Promise<Recording> {
    return eventually('it is ready', async () => done(await this.get(id)), limitMs);
  }

  async manifest(id: string): Promise<ManifestLine[]> {
    const answer = await this.admin.ask('GET', `v1/recordings/${id}/manifest`);
    const lines = (await answer.text()).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as ManifestLine);
  }

  /** By a signed address, as a player has it. */
  async download(id: string, { file_id }: Pick<RecordingFile, 'file_id'>, to: string) {
    const asked = await this.admin.ask('POST', `v1/recordings/${id}/files/${file_id}/url`, {});
    const { url } = (await asked.json()) as { url: string };
    const answer = await fetch(new URL(url, this.admin.origin()));
    if (!answer.ok || answer.body === null) throw new Error(`the file: ${answer.status}`);
    await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(to));
    return to;
  }

  /** @returns the file, once it is composed and stored. */
  async render(id: string, layout: Render['layout']): Promise<RecordingFile> {
    const made = await this.admin.ask('POST', `v1/recordings/${id}/renders`, { layout });
    const { render_id: renderId } = (await made.json()) as Render;
    const fileId = await eventually('it is composed', () => this.rendered(id, renderId), limitMs);
    const file = (await this.get(id)).files.find(({ file_id }) => file_id === fileId);
    if (file === undefined) throw new Error('what was composed is not among the files');
    return file;
  }

  private async rendered(id: string, renderId: string): Promise<string | undefined> {
    const answer = await this.admin.ask('GET', `v1/recordings/${id}/renders`);
    const { items } = (await answer.json()) as { items: Render[] };
    const render = items.find(({ render_id }) => render_id === renderId);
    if (render?.state === 'failed') throw new Error('composing failed');
    return render?.state === 'done' ? (render.file_id ?? undefined) : undefined;
  }
}

function done(recording: Recording): Recording | undefined {
  if (recording.status === 'failed') throw new Error(`it has failed: ${recording.reason}`);
  return recording.status === 'ready' ? recording : undefined;
}
