import { createContext, useContext } from 'react';

/** By the `name` of the field. */
export type FieldErrors = Readonly<Record<string, string>>;

interface FormErrors {
  errors: FieldErrors;
  clear: (name: string) => void;
}

export const FormErrorsContext = createContext<FormErrors>({ errors: {}, clear: () => {} });

/**
 * What a form says about one of its fields, until that is changed. Not until the focus leaves it: a
 * message that goes moves the button under the finger that is just pressing it.
 */
export function useFieldError(name: string): { error: string | undefined; clear: () => void } {
  const { errors, clear } = useContext(FormErrorsContext);
  return { error: errors[name], clear: () => clear(name) };
}
