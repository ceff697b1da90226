import { useState } from 'react';
import {
  Button,
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField,
  type TextFieldProps,
} from 'react-aria-components';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useFieldError } from './form-errors.js';

export interface FieldProps {
  /** As in the body of the request: refusals find the field by it. */
  name: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  type?: 'text' | 'email' | 'password' | 'url';
  /** What a password manager fills in (WCAG 1.3.5). */
  autoComplete?: string;
  inputMode?: TextFieldProps['inputMode'];
  /** Lines of a text that has several. */
  rows?: number;
  /** Shows how much of it is used. */
  limit?: number;
  isRequired?: boolean;
  isReadOnly?: boolean;
  autoFocus?: boolean;
  /** Codes and addresses: no spelling, always left to right. */
  isCode?: boolean;
}

export function Field(props: FieldProps) {
  const { error } = useFieldError(props.name);
  const { label, hint, rows, limit, value, isCode = false } = props;
  const used = [...value].length;
  const isNear = limit !== undefined && used > limit * 0.8;
  const counter = isNear ? text('form.used', { used, limit }) : undefined;
  return (
    <TextField className="field" {...useCommon(props)}>
      <Label>{label}</Label>
      {rows ? (
        <TextArea rows={rows} dir="auto" />
      ) : (
        <Input dir={isCode ? 'ltr' : 'auto'} className={isCode ? 'code' : ''} />
      )}
      <Hint text={hint} counter={counter} />
      <FieldError>{error}</FieldError>
    </TextField>
  );
}

/** A password that can be shown; pasting and managers work (WCAG 3.3.8). */
export function PasswordField(props: FieldProps) {
  const { error } = useFieldError(props.name);
  const [isShown, setIsShown] = useState(false);
  return (
    <TextField className="field" {...useCommon({ ...props, type: isShown ? 'text' : 'password' })}>
      <Label>{props.label}</Label>
      <div className="field-with-button">
        <Input dir="ltr" />
        <Button
          className="icon-button"
          aria-label={text(isShown ? 'form.hidePassword' : 'form.showPassword')}
          onPress={() => setIsShown(!isShown)}
        >
          <Icon name={isShown ? 'eyeOff' : 'eye'} />
        </Button>
      </div>
      <Hint text={props.hint} />
      <FieldError>{error}</FieldError>
    </TextField>
  );
}

function Hint(props: { text: string | undefined; counter?: string | undefined }) {
  const said = [props.text, props.counter].filter(Boolean).join(' ');
  if (said === '') return null;
  return (
    <Text slot="description" className="hint">
      {said}
    </Text>
  );
}

function useCommon(props: FieldProps): TextFieldProps {
  const { error, clear } = useFieldError(props.name);
  const { name, value, onChange, type, autoComplete, inputMode, isCode } = props;
  return {
    name,
    value,
    onChange: (typed) => {
      clear();
      onChange(typed);
    },
    isInvalid: error !== undefined,
    type: type ?? 'text',
    ...(autoComplete ? { autoComplete } : {}),
    ...(inputMode ? { inputMode } : {}),
    ...(isCode || type === 'email' || type === 'password' ? { spellCheck: 'false' } : {}),
    isRequired: props.isRequired ?? false,
    isReadOnly: props.isReadOnly ?? false,
    autoFocus: props.autoFocus ?? false,
  };
}
