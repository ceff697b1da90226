/** Why something did not work; there before it speaks, so that it is heard. */
export function Problem({ text }: { text: string }) {
  return (
    <p role="alert" className="form-error">
      {text}
    </p>
  );
}
