import { useEffect, useState } from 'react';
import type { Listed } from '../../../../client/src/index.js';
import { PagedList } from '../../session/paged-list.js';

/** A list that lives as long as the component and begins to load with it. */
export function usePagedList<Item>(
  load: (cursor: string | undefined) => Promise<Listed<Item>>,
): PagedList<Item> {
  const [list] = useState(() => new PagedList(load));
  useEffect(() => void list.refresh(), [list]);
  return list;
}
