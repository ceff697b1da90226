import { useState } from 'react';

const dayMs = 86_400_000;

/** So many days after the form was opened, so that a repeat is the same request. */
export function useExpiry(): (days: string) => string {
  const [openedMs] = useState(() => Date.now());
  return (days) => new Date(openedMs + Number(days) * dayMs).toISOString();
}
