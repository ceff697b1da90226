/**
 * Recordings over HTTP. The routes stand here until control's OpenAPI document lists them: then this
 * table and the cast below it go, and the calls stay.
 */
import type {
  Api,
  ConsentList,
  CreatedShare,
  FileUrl,
  Listed,
  NewShare,
  Playback,
  Recording,
  RecordingList,
  Render,
  RenderLayout,
  RenderList,
  Share,
  ShareKey,
  ShareList,
  Versioned,
} from '../../../client/src/index.js';

interface Page {
  limit?: number;
  cursor?: string;
}

interface Of {
  params: { recording_id: string };
}

interface RecordingRoutes {
  'GET /v1/recordings': { call: { query: Page }; answer: RecordingList };
  'GET /v1/meetings/{meeting_id}/recordings': {
    call: { params: { meeting_id: string }; query: Page };
    answer: RecordingList;
  };
  'GET /v1/recordings/{recording_id}': { call: Of; answer: Recording };
  'DELETE /v1/recordings/{recording_id}': { call: Of & { ifMatch?: string }; answer: undefined };
  'GET /v1/recordings/{recording_id}/playback': { call: Of; answer: Playback };
  'GET /v1/recordings/{recording_id}/consents': { call: Of & { query: Page }; answer: ConsentList };
  'POST /v1/recordings/{recording_id}/files/{file_id}/url': {
    call: { params: { recording_id: string; file_id: string }; body: { download?: boolean } };
    answer: FileUrl;
  };
  'GET /v1/recordings/{recording_id}/renders': { call: Of & { query: Page }; answer: RenderList };
  'POST /v1/recordings/{recording_id}/renders': {
    call: Of & { body: { layout: RenderLayout }; key: string };
    answer: Render;
  };
  'DELETE /v1/recordings/{recording_id}/renders/{render_id}': {
    call: { params: { recording_id: string; render_id: string } };
    answer: undefined;
  };
  'GET /v1/recordings/{recording_id}/shares': { call: Of & { query: Page }; answer: ShareList };
  'POST /v1/recordings/{recording_id}/shares': {
    call: Of & { body: NewShare; key: string };
    answer: CreatedShare;
  };
  'DELETE /v1/recordings/{recording_id}/shares/{share_id}': {
    call: { params: { recording_id: string; share_id: string } };
    answer: undefined;
  };
  'POST /v1/recording-shares/{share_id}': {
    call: { params: { share_id: string }; body: ShareKey };
    answer: Playback;
  };
  'POST /v1/recording-shares/{share_id}/files/{file_id}/url': {
    call: { params: { share_id: string; file_id: string }; body: ShareKey & Download };
    answer: FileUrl;
  };
}

interface Download {
  download?: boolean;
}

type Route = keyof RecordingRoutes;
type Ask<Answer> = <R extends Route>(route: R, call: RecordingRoutes[R]['call']) => Answer;
interface Calls {
  call<R extends Route>(
    route: R,
    call: RecordingRoutes[R]['call'],
  ): Promise<RecordingRoutes[R]['answer']>;
  read: Ask<Promise<Versioned<unknown>>>;
}

/** What a player needs: what there is, and signed addresses of its files. */
export interface PlaybackSource {
  read(): Promise<Playback>;
  url(fileId: string, wish?: Download): Promise<FileUrl>;
}

const page = (cursor: string | undefined): Page => ({ limit: 200, ...(cursor ? { cursor } : {}) });

/** All calls reject with ProtocolError. */
export class RecordingsApi {
  private readonly calls: Calls;

  constructor(api: Api) {
    this.calls = api as unknown as Calls;
  }

  /** One's own; administrators: all. */
  list(cursor?: string): Promise<Listed<Recording>> {
    return this.calls.call('GET /v1/recordings', { query: page(cursor) });
  }

  ofMeeting(meeting_id: string, cursor?: string): Promise<Listed<Recording>> {
    const call = { params: { meeting_id }, query: page(cursor) };
    return this.calls.call('GET /v1/meetings/{meeting_id}/recordings', call);
  }

  get(recording_id: string): Promise<Recording> {
    return this.calls.call('GET /v1/recordings/{recording_id}', { params: { recording_id } });
  }

  /** With everything that was made of it. The version is that of now: a question came before. */
  async remove(recording_id: string): Promise<void> {
    const params = { recording_id };
    const { etag } = await this.calls.read('GET /v1/recordings/{recording_id}', { params });
    const guarded = etag === '' ? { params } : { params, ifMatch: etag };
    await this.calls.call('DELETE /v1/recordings/{recording_id}', guarded);
  }

  source(recording_id: string): PlaybackSource {
    const params = { recording_id };
    const route = 'POST /v1/recordings/{recording_id}/files/{file_id}/url';
    return {
      read: () => this.calls.call('GET /v1/recordings/{recording_id}/playback', { params }),
      url: (file_id, body = {}) => this.calls.call(route, { params: { ...params, file_id }, body }),
    };
  }

  /** By a link that somebody gave away: its secret goes in bodies alone. */
  shared(share_id: string, key: ShareKey): PlaybackSource {
    const params = { share_id };
    const route = 'POST /v1/recording-shares/{share_id}/files/{file_id}/url';
    return {
      read: () => this.calls.call('POST /v1/recording-shares/{share_id}', { params, body: key }),
      url: (file_id, wish = {}) =>
        this.calls.call(route, { params: { ...params, file_id }, body: { ...key, ...wish } }),
    };
  }

  /** Who was asked, and what they said; hosts. */
  consents(recording_id: string, cursor?: string): Promise<ConsentList> {
    const call = { params: { recording_id }, query: page(cursor) };
    return this.calls.call('GET /v1/recordings/{recording_id}/consents', call);
  }

  renders(recording_id: string, cursor?: string): Promise<Listed<Render>> {
    const call = { params: { recording_id }, query: page(cursor) };
    return this.calls.call('GET /v1/recordings/{recording_id}/renders', call);
  }

  /** `key` makes a repeat harmless. */
  render(recording_id: string, layout: RenderLayout, key: string): Promise<Render> {
    const call = { params: { recording_id }, body: { layout }, key };
    return this.calls.call('POST /v1/recordings/{recording_id}/renders', call);
  }

  async cancelRender(recording_id: string, render_id: string): Promise<void> {
    const params = { recording_id, render_id };
    await this.calls.call('DELETE /v1/recordings/{recording_id}/renders/{render_id}', { params });
  }

  shares(recording_id: string, cursor?: string): Promise<Listed<Share>> {
    const call = { params: { recording_id }, query: page(cursor) };
    return this.calls.call('GET /v1/recordings/{recording_id}/shares', call);
  }

  share(recording_id: string, body: NewShare, key: string): Promise<CreatedShare> {
    const call = { params: { recording_id }, body, key };
    return this.calls.call('POST /v1/recordings/{recording_id}/shares', call);
  }

  async revokeShare(recording_id: string, share_id: string): Promise<void> {
    const params = { recording_id, share_id };
    await this.calls.call('DELETE /v1/recordings/{recording_id}/shares/{share_id}', { params });
  }
}
