// A chromium of this machine for tests of pages: found, not downloaded. Pictures of pages are kept for whoever wants to look.
import { existsSync, mkdirSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, chromium, type Page } from "playwright-core"

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"]

/** Undefined if there is none: install Debian's package "chromium", or name one in CHROMIUM_PATH. */
export const chromiumPath: string | undefined =
  [process.env["CHROMIUM_PATH"] ?? "", ...places].find((path) => path !== "" && existsSync(path))

export const noChromium = chromiumPath === undefined ? "there is no chromium here: install one, or set CHROMIUM_PATH" : false

/** Generous, as tests share the machine. */
export const waitMs = 45_000

export function startBrowser(): Promise<Browser> {
  // Its sandbox needs rights that containers rarely have; what it opens is our own.
  return chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"], timeout: waitMs })
}

/** BROWSER_PICTURES says where; otherwise a folder of its own in the temporary one. */
const pictures = process.env["BROWSER_PICTURES"] ?? mkdtempSync(join(tmpdir(), "troupe-pictures-"))
let isTold = false

export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}.png`) })
  if (!isTold) console.log(`pictures of the pages: ${pictures}`)
  isTold = true
}
