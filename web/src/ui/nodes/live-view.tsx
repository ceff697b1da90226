import type { ReactNode } from 'react';
import { Button, Link } from 'react-aria-components';
import type { LiveList } from '../../session/live-list.js';
import { text } from '../../strings/index.js';
import { Problem } from '../site/problem.js';
import { needsSecondFactor, problemOf, refusalText } from '../site/refusal-text.js';
import { useStore } from '../use-store.js';

interface LiveViewProps<Item> {
  list: LiveList<Item>;
  /** Shown when there is none. */
  empty: ReactNode;
  children: (items: readonly Item[]) => ReactNode;
}

/** A list that is read anew by itself, in all its states; what was read stays when it fails. */
export function LiveView<Item>({ list, empty, children }: LiveViewProps<Item>) {
  const { items, isCut, error } = useStore(list.store, (value) => value);
  const isFirst = items === undefined && error === undefined;
  return (
    <div className="list live-list" aria-busy={isFirst}>
      {isFirst && (
        <p role="status" className="list-note">
          <span className="spinner" aria-hidden="true" />
          {text('site.loading')}
        </p>
      )}
      <LiveProblem list={list} error={error} isStale={items !== undefined} />
      {items?.length === 0 && <div className="list-note">{empty}</div>}
      {items !== undefined && items.length > 0 && children(items)}
      {isCut && <p className="hint">{text('nodes.cut', { count: items?.length ?? 0 })}</p>}
    </div>
  );
}

interface LiveProblemProps {
  list: Pick<LiveList<unknown>, 'refresh'>;
  error: unknown;
  /** Something older is on the screen. */
  isStale: boolean;
}

/** Why it is not read any more. It is tried again by itself; the button is for whoever cannot wait. */
function LiveProblem({ list, error, isStale }: LiveProblemProps) {
  if (error === undefined) return <Problem />;
  if (needsSecondFactor(error)) {
    return (
      <>
        <Problem text={text('nodes.secondFactor')} />
        <Link className="button" href="/account">
          {text('site.account')}
        </Link>
      </>
    );
  }
  const problem = problemOf(error);
  const reason = refusalText(error);
  return (
    <>
      <Problem {...problem} {...(isStale ? { text: text('nodes.stale', { reason }) } : {})} />
      <Button className="button" onPress={() => list.refresh()}>
        {text('prejoin.again')}
      </Button>
    </>
  );
}
