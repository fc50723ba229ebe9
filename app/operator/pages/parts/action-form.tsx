interface ActionFormProps {
  /** Where it is sent. */
  action: string;
  csrf: string;
  /** What is asked for: the field `do`. */
  name: string;
  label: string;
  /** What it does, beside the button. */
  words: string;
}

/** A button that does one thing without asking again. */
export function ActionForm({ action, csrf, name, label, words }: ActionFormProps) {
  return (
    <form method="post" action={action}>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="do" value={name} />
      <button type="submit" className="button">
        {label}
      </button>{" "}
      <span className="hint">{words}</span>
    </form>
  );
}
