/**
 * A form whose record somebody else has changed meanwhile: what the person has changed since `base`
 * stays, everything else is as in `now`. Records within count field by field; other objects are dates,
 * which compare by their text.
 */
export function rebase<T extends object>(draft: T, base: T, now: T): T {
  const fields = Object.keys(draft).map((name) => {
    const [own, old, other] = [draft, base, now].map((form): unknown => Reflect.get(form, name));
    if (isRecord(own) && isRecord(old) && isRecord(other)) return [name, rebase(own, old, other)];
    return [name, isSame(own, old) ? other : own];
  });
  return Object.fromEntries(fields);
}

/** The fields of `draft` that differ from `base`. */
export function changed<T extends object>(draft: T, base: T): Partial<T> {
  const fields = Object.entries(draft).filter(
    ([name, value]) => !isSame(value, base[name as keyof T]),
  );
  return Object.fromEntries(fields) as Partial<T>;
}

function isSame(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || String(one) === String(other);
}

function isRecord(value: unknown): value is object {
  return value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
