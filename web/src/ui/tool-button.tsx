import { useId } from 'react';
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import { text } from '../strings/index.js';
import { Icon, type IconName } from './icons.js';

interface ToolButtonProps {
  icon: IconName;
  /** The accessible name, exactly. */
  label: string;
  shortcut?: string | undefined;
  /** For a switch: is its other state on? */
  isPressed?: boolean;
  /** For what opens a panel. */
  isExpanded?: boolean;
  /** Shown as switched off: the state is not told by colour alone, the icon is struck through. */
  isOff?: boolean;
  isDanger?: boolean;
  badge?: { count: number; description: string } | undefined;
  isDisabled?: boolean;
  /** A click does not take the focus; the keyboard reaches it all the same. */
  keepsFocusAway?: boolean;
  onPress: () => void;
}

export function ToolButton(props: ToolButtonProps) {
  const { icon, label, shortcut, isPressed, isExpanded, isOff, isDanger, badge } = props;
  const described = useId();
  return (
    <span className="tool-place">
      <TooltipTrigger delay={500} closeDelay={0}>
        <Button
          className="tool"
          data-off={isOff || undefined}
          data-danger={isDanger || undefined}
          aria-label={label}
          {...(isPressed === undefined ? {} : { 'aria-pressed': isPressed })}
          {...(isExpanded === undefined ? {} : { 'aria-expanded': isExpanded })}
          {...(badge ? { 'aria-describedby': described } : {})}
          isDisabled={props.isDisabled ?? false}
          preventFocusOnPress={props.keepsFocusAway ?? false}
          onPress={props.onPress}
        >
          <Icon name={icon} />
        </Button>
        <Tooltip className="tooltip" offset={8}>
          {shortcut ? text('tool.hint', { label, key: shortcut }) : label}
        </Tooltip>
      </TooltipTrigger>
      {badge && (
        <span className="badge">
          <span aria-hidden="true">{Math.min(badge.count, 99)}</span>
          <span id={described} className="visually-hidden">
            {badge.description}
          </span>
        </span>
      )}
    </span>
  );
}
