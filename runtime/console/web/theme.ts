// Light or dark: as the system has it, until somebody says otherwise in this browser.
import { signal } from "@preact/signals"

type Theme = "light" | "dark"

const stored = localStorage.getItem("theme")
const dark = matchMedia("(prefers-color-scheme: dark)")

export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : system())

function system(): Theme {
  return dark.matches ? "dark" : "light"
}

export function applyTheme(): void {
  theme.subscribe((value) => (document.documentElement.dataset["theme"] = value))
  dark.addEventListener("change", () => {
    if (localStorage.getItem("theme") === null) theme.value = system()
  })
}

export function turnTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark"
  localStorage.setItem("theme", theme.value)
}
