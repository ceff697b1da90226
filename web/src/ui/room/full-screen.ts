/** Not on every phone; there the button does nothing worse. */
export function toggleFullScreen(): void {
  const root = document.documentElement as Partial<HTMLElement>;
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
  else void root.requestFullscreen?.().catch(() => undefined);
}
