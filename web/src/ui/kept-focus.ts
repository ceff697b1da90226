/**
 * The ref of a dialog whose content may go while it has the focus (the row of a list, whose button
 * removes it). The focus then goes to the dialog at once. React Aria brings it back too, but with the
 * next frame, and Esc pressed until then would close nothing: it is heard only where the focus is.
 */
export function keptFocus(dialog: HTMLElement | null): (() => void) | undefined {
  if (dialog === null) return undefined;
  const document = dialog.ownerDocument;
  let last: Node | undefined;
  const remember = ({ target }: FocusEvent) => {
    last = target as Node;
  };
  const watch = new MutationObserver(() => {
    if (document.activeElement === document.body && last?.isConnected === false) dialog.focus();
  });
  dialog.addEventListener('focusin', remember);
  watch.observe(dialog, { subtree: true, childList: true });
  return () => {
    dialog.removeEventListener('focusin', remember);
    watch.disconnect();
  };
}
