import { type FormEvent, useState } from 'react';
import { Button, FieldError, Form, Input, Label, TextField } from 'react-aria-components';
import { readPastedLink } from '../protocol/link.js';
import { text } from '../strings/index.js';

/** Goes to the meeting whose link is pasted. */
export function LinkForm() {
  const [isWrong, setIsWrong] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const pasted = String(new FormData(event.currentTarget).get('link') ?? '');
    const url = readPastedLink(pasted, location.origin);
    setIsWrong(!url);
    if (url) location.assign(url);
  };
  return (
    <Form className="landing-link" onSubmit={submit} validationBehavior="aria">
      <TextField name="link" type="url" isInvalid={isWrong} autoFocus className="field">
        <Label>{text('landing.field')}</Label>
        <Input autoComplete="off" spellCheck={false} />
        <FieldError>
          {text('landing.notALink', { example: `${location.origin}/m/…#k=…` })}
        </FieldError>
      </TextField>
      <Button type="submit" className="button primary">
        {text('landing.go')}
      </Button>
    </Form>
  );
}
