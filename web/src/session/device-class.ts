/** A small screen that is touched: there battery and data count (product §5). */
export function isPhone(): boolean {
  const isTouched = matchMedia('(pointer: coarse) and (hover: none)').matches;
  return isTouched && Math.min(screen.width, screen.height) < 600;
}
