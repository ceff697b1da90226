import { MenuItem } from 'react-aria-components';
import { Icon, type IconName } from '../icons.js';

interface ItemProps {
  icon: IconName;
  label: string;
  act: () => void;
  count?: number;
  isDanger?: boolean;
  isDisabled?: boolean;
}

export function Item({ icon, label, act, count = 0, isDanger, isDisabled = false }: ItemProps) {
  return (
    <MenuItem
      className={isDanger ? 'menu-item danger' : 'menu-item'}
      textValue={label}
      onAction={act}
      isDisabled={isDisabled}
    >
      <Icon name={icon} />
      {label}
      {count > 0 && <span className="tag">{count}</span>}
    </MenuItem>
  );
}
