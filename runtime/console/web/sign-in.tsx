// The page of who is not signed in: a token, once.
import { useState } from "preact/hooks"
import { problemOf } from "./answer.ts"
import { Refusal } from "./parts.tsx"
import { type Problem, signIn } from "./session.ts"

export function SignIn() {
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget
    if (!(form instanceof HTMLFormElement)) return
    const token = new FormData(form).get("token")
    await signIn(typeof token === "string" ? token.trim() : "").catch((error: unknown) => setProblem(problemOf(error)))
  }
  return (
    <main class="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <Mark />
        <h1>Troupe console</h1>
        <p class="lead">Sign in with the token that the app was started with.</p>
        <label>
          Token
          <input name="token" type="password" autocomplete="current-password" required autofocus />
        </label>
        <button class="primary" type="submit">Sign in</button>
        <div class="sign-in-problem">{problem !== undefined && <Refusal problem={problem} />}</div>
      </form>
    </main>
  )
}

/** The sign of the house. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M16 9.5v6.2M16 15.7c0 3-6.5 2.4-6.5 6.8M16 15.7c0 3 6.5 2.4 6.5 6.8" />
      <circle cx="16" cy="8.5" r="3" />
      <circle cx="9.5" cy="23.5" r="3" />
      <circle cx="22.5" cy="23.5" r="3" />
    </svg>
  )
}
