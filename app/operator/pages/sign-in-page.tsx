import { ConsolePage } from "./document/console-page.tsx";

/** The form, and nothing of the app. */
export function SignInPage({
  next,
  problem,
  seconds = 0,
}: {
  next: string;
  problem?: "wrong" | "too_many";
  seconds?: number;
}) {
  const words =
    problem === "too_many"
      ? `Too many wrong secrets came from this address. Wait ${seconds} s; the right one still works.`
      : "That is not the secret. Copy it again from the app's environment.";
  return (
    <ConsolePage title="Sign in">
      <section className="card narrow">
        <h1>Sign in</h1>
        <form method="post" action="/admin/login" className="stack">
          <input type="hidden" name="next" value={next} />
          <div className="field">
            <label htmlFor="secret">Operator’s secret</label>
            <input
              id="secret"
              name="secret"
              type="password"
              autoComplete="current-password"
              required
              autoFocus
              aria-invalid={problem ? true : undefined}
              aria-describedby={problem ? "secret-problem secret-help" : "secret-help"}
            />
            {problem && (
              <p id="secret-problem" className="field-problem" role="alert">
                {words}
              </p>
            )}
            <p id="secret-help" className="hint">
              MIGRATION_SECRET of the app’s environment, or MONITOR_SECRET to look only. It stays signed in for 30
              minutes without use.
            </p>
          </div>
          <button type="submit" className="button primary">
            Sign in
          </button>
        </form>
      </section>
    </ConsolePage>
  );
}
