import { Switch } from 'react-aria-components';

export function Toggle(props: { label: string; isOn: boolean; onChange: (on: boolean) => void }) {
  const { label, isOn, onChange } = props;
  return (
    <Switch className="switch" isSelected={isOn} onChange={onChange}>
      <span className="switch-track" />
      {label}
    </Switch>
  );
}
