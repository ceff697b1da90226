/**
 * Into the clipboard. A text still to come is promised at once: later the browser would not take it for
 * a click's. Rejects when it does not come, where the browser forbids it, and on plain-HTTP pages.
 */
export async function copyText(value: string | (() => Promise<string>)): Promise<void> {
  if (typeof value === 'string') return navigator.clipboard.writeText(value);
  const type = 'text/plain';
  const coming = value().then((copied) => new Blob([copied], { type }));
  await navigator.clipboard.write([new ClipboardItem({ [type]: coming })]);
}
