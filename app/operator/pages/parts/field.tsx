interface FieldProps {
  name: string;
  label: string;
  value: string;
  hint?: string;
  problem?: string;
  /** A text of several lines. */
  rows?: number;
  /** One of these. */
  choices?: readonly string[];
  /** What a choice is called. Default: as it is. */
  wordsOf?: (choice: string) => string;
  inputMode?: "numeric" | "decimal";
}

/** A labelled field with its hint, and what is wrong with its value. */
export function Field({ name, label, value, hint, problem, rows, choices, wordsOf, inputMode }: FieldProps) {
  const described = [problem && `${name}-problem`, hint && `${name}-hint`].filter(Boolean).join(" ");
  const common = {
    id: name,
    name,
    defaultValue: value,
    "aria-invalid": problem ? (true as const) : undefined,
    "aria-describedby": described || undefined,
  };
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {choices ? (
        <select {...common}>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {wordsOf?.(choice) ?? choice}
            </option>
          ))}
        </select>
      ) : rows ? (
        <textarea {...common} rows={rows} spellCheck={false} />
      ) : (
        <input {...common} type="text" inputMode={inputMode} autoComplete="off" spellCheck={false} />
      )}
      {problem && (
        <p id={`${name}-problem`} className="field-problem">
          {problem}
        </p>
      )}
      {hint && (
        <p id={`${name}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
