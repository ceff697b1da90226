import { useEffect, useState } from 'react';
import { type Listed, realTimers } from '../../../../client/src/index.js';
import { LiveList } from '../../session/live-list.js';
import { useClient } from '../client.js';

/** A list that is read anew by itself while its component is there and the page is looked at. */
export function useLiveList<Item>(
  load: (cursor: string | undefined) => Promise<Listed<Item>>,
): LiveList<Item> {
  const { account } = useClient();
  const [list] = useState(
    () =>
      new LiveList({
        ...{ load, timers: realTimers },
        isVisible: () => document.visibilityState === 'visible',
        refused: (error) => void account.doubt(error),
      }),
  );
  useEffect(() => {
    const look = () => list.looked();
    list.start();
    document.addEventListener('visibilitychange', look);
    return () => {
      list.stop();
      document.removeEventListener('visibilitychange', look);
    };
  }, [list]);
  return list;
}
