import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import type { PagedList } from '../../session/paged-list.js';
import { ListView } from './list-view.js';
import { Problem, type ProblemProps } from './problem.js';

interface MadeListProps<Item> {
  list: PagedList<Item>;
  /** What stands there while there are none. */
  empty: string;
  /** On the button that opens the dialog. */
  make: string;
  /** In which one is made; the list is read again when it closes. */
  dialog: (close: () => void) => ReactNode;
  /** Why the last act was refused. */
  problem: ProblemProps;
  children: (item: Item) => ReactNode;
}

/** Things that people make in a dialog: the list of them, and the button for another one. */
export function MadeList<Item>(props: MadeListProps<Item>) {
  const { list, empty, make, dialog, problem, children } = props;
  const [isMaking, setIsMaking] = useState(false);
  const close = () => {
    setIsMaking(false);
    void list.refresh();
  };
  return (
    <>
      <ListView list={list} empty={empty}>
        {children}
      </ListView>
      <div className="form-actions">
        <Button className="button" onPress={() => setIsMaking(true)}>
          {make}
        </Button>
      </div>
      <Problem {...problem} />
      {isMaking && dialog(close)}
    </>
  );
}
