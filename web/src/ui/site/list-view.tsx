import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import type { PagedList } from '../../session/paged-list.js';
import { text } from '../../strings/index.js';
import { useStore } from '../use-store.js';
import { Problem } from './problem.js';

interface ListViewProps<Item> {
  list: PagedList<Item>;
  /** Shown when there is none. */
  empty: ReactNode;
  /** Default: as they came. */
  order?: (items: readonly Item[]) => readonly Item[];
  /** One `<li>`. */
  children: (item: Item) => ReactNode;
}

/** A list in all its states: loading, empty, failed, with more to come. */
export function ListView<Item>({ list, empty, order, children }: ListViewProps<Item>) {
  const { phase, items, hasMore, code } = useStore(list.store, (value) => value);
  const shown = order ? order(items) : items;
  const isFirst = phase === 'loading' && items.length === 0;
  return (
    <div className="list" aria-busy={phase === 'loading'}>
      {isFirst && (
        <p role="status" className="list-note">
          <span className="spinner" aria-hidden="true" />
          {text('site.loading')}
        </p>
      )}
      {phase === 'ready' && items.length === 0 && <div className="list-note">{empty}</div>}
      {items.length > 0 && <ul className="rows">{shown.map(children)}</ul>}
      <Problem code={phase === 'failed' ? code : undefined} />
      {phase === 'failed' && (
        <Button className="button" onPress={() => list.more()}>
          {text('prejoin.again')}
        </Button>
      )}
      {hasMore && phase !== 'failed' && (
        <Button className="button" aria-disabled={phase === 'loading'} onPress={() => list.more()}>
          {text('form.more')}
        </Button>
      )}
    </div>
  );
}
