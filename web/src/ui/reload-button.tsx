import type { ClientCode } from '../../../client/src/index.js';
import { asksToReload, text } from '../strings/index.js';

export function ReloadButton() {
  return (
    <button type="button" className="button primary" onClick={() => location.reload()}>
      {text('site.reload')}
    </button>
  );
}

/** Beside the text of an error, where that asks for it. */
export function ReloadIfAsked({ code }: { code: ClientCode | undefined }) {
  return code && asksToReload(code) ? <ReloadButton /> : null;
}
