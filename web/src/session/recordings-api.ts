/** Recordings over HTTP, for all pages that show them. */
import type {
  Api,
  Consent,
  CreatedShare,
  FileUrl,
  Listed,
  NewShare,
  Playback,
  Recording,
  Render,
  RenderLayout,
  Share,
  ShareKey,
} from '../../../client/src/index.js';

interface Download {
  download?: boolean;
}

/** What a player needs: what there is, and signed addresses of its files. */
export interface PlaybackSource {
  read(): Promise<Playback>;
  url(fileId: string, wish?: Download): Promise<FileUrl>;
}

const page = (cursor: string | undefined) => ({ limit: 200, ...(cursor ? { cursor } : {}) });
const newest = (cursor: string | undefined) => ({ ...page(cursor), order: 'desc' as const });

/** All calls reject with ProtocolError. */
export class RecordingsApi {
  constructor(private readonly api: Api) {}

  /** Newest first. `isAll`: those of everybody, to administrators. */
  list(isAll: boolean, cursor?: string): Promise<Listed<Recording>> {
    const query = { ...newest(cursor), ...(isAll ? { all: true } : {}) };
    return this.api.call('GET /v1/recordings', { query });
  }

  ofMeeting(meeting_id: string, cursor?: string): Promise<Listed<Recording>> {
    const call = { params: { meeting_id }, query: newest(cursor) };
    return this.api.call('GET /v1/meetings/{meeting_id}/recordings', call);
  }

  get(recording_id: string): Promise<Recording> {
    return this.api.call('GET /v1/recordings/{recording_id}', { params: { recording_id } });
  }

  /** With everything that was made of it. The version is that of now: a question came before. */
  async remove(recording_id: string): Promise<void> {
    const params = { recording_id };
    const { etag: ifMatch } = await this.api.read('GET /v1/recordings/{recording_id}', { params });
    await this.api.call('DELETE /v1/recordings/{recording_id}', { params, ifMatch });
  }

  source(recording_id: string): PlaybackSource {
    const params = { recording_id };
    const route = 'POST /v1/recordings/{recording_id}/files/{file_id}/url';
    return {
      read: () => this.api.call('GET /v1/recordings/{recording_id}/playback', { params }),
      url: (file_id, body = {}) => this.api.call(route, { params: { ...params, file_id }, body }),
    };
  }

  /** By a link that somebody gave away: its secret goes in bodies alone. */
  shared(share_id: string, key: ShareKey): PlaybackSource {
    const params = { share_id };
    const route = 'POST /v1/recording-shares/{share_id}/files/{file_id}/url';
    return {
      read: () => this.api.call('POST /v1/recording-shares/{share_id}', { params, body: key }),
      url: (file_id, wish = {}) =>
        this.api.call(route, { params: { ...params, file_id }, body: { ...key, ...wish } }),
    };
  }

  /** Who was asked, and what they said; hosts. */
  consents(recording_id: string, cursor?: string): Promise<Listed<Consent>> {
    const call = { params: { recording_id }, query: page(cursor) };
    return this.api.call('GET /v1/recordings/{recording_id}/consents', call);
  }

  renders(recording_id: string, cursor?: string): Promise<Listed<Render>> {
    const call = { params: { recording_id }, query: page(cursor) };
    return this.api.call('GET /v1/recordings/{recording_id}/renders', call);
  }

  /** `key` makes a repeat harmless. */
  render(recording_id: string, layout: RenderLayout, key: string): Promise<Render> {
    const call = { params: { recording_id }, body: { layout }, key };
    return this.api.call('POST /v1/recordings/{recording_id}/renders', call);
  }

  async cancelRender(recording_id: string, render_id: string): Promise<void> {
    const params = { recording_id, render_id };
    await this.api.call('DELETE /v1/recordings/{recording_id}/renders/{render_id}', { params });
  }

  shares(recording_id: string, cursor?: string): Promise<Listed<Share>> {
    const call = { params: { recording_id }, query: page(cursor) };
    return this.api.call('GET /v1/recordings/{recording_id}/shares', call);
  }

  share(recording_id: string, body: NewShare, key: string): Promise<CreatedShare> {
    const call = { params: { recording_id }, body, key };
    return this.api.call('POST /v1/recordings/{recording_id}/shares', call);
  }

  async revokeShare(recording_id: string, share_id: string): Promise<void> {
    const params = { recording_id, share_id };
    await this.api.call('DELETE /v1/recordings/{recording_id}/shares/{share_id}', { params });
  }
}
