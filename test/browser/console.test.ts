// The console's page in a browser, on an order flow that runs: what an operator does from the first look to the mended order.
import assert from "node:assert/strict"
import { after, before, suite, test } from "node:test"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { noChromium, picture, startBrowser, waitMs } from "../support/browser.ts"
import { operatorToken, type ShownOrderFlow, showOrderFlow, viewerToken } from "../support/shown-order-flow.ts"

suite("the console's page", { skip: noChromium, timeout: 280_000 }, () => { // it says which browser is missing
  let browser: Browser
  let flow: ShownOrderFlow

  before(async () => {
    flow = await showOrderFlow()
    browser = await startBrowser()
  })
  after(async () => {
    await browser?.close()
    await flow?.stop()
  })

  const complaints: string[] = []

  async function open(path: string, token: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1360, height: 850 }, ...options })
    context.setDefaultTimeout(waitMs)
    const page = await context.newPage()
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
    page.on("request", (request) => !request.url().startsWith(flow.url) && complaints.push(`asked for ${request.url()}`))
    const hash = token === "" ? "" : `#token=${token}`
    await page.goto(`${flow.url}${path}${hash}`)
    return page
  }

  const base = "/apps/order-flow"
  const order = async (page: Page, button: string) => {
    await page.getByLabel("Who").fill("ann")
    await page.getByLabel("Why").fill("the carrier is back")
    await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click()
  }

  test("a wrong token is refused with a reason, and a right one opens the overview", async () => {
    const page = await open("/", "")
    await page.getByLabel("Token").fill("not a token of it")
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.getByText("WRONG_TOKEN").waitFor()
    await picture(page, "sign-in")
    await page.getByLabel("Token").fill(operatorToken)
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Overview" }).waitFor()
    await page.getByRole("region", { name: "Parked" }).first().waitFor()
    assert.match(await page.getByRole("region", { name: "Health" }).innerText(), /Well/)
    await picture(page, "overview")
    assert.ok(complaints.splice(0).every((text) => text.includes("401")))
    await page.context().close()
  })

  test("a compensated order is found by its reason, and its page tells the cause, draws it and shows every step", async () => {
    const page = await open(`${base}/sagas`, operatorToken)
    await page.getByLabel("Phase").selectOption("compensated")
    await page.getByText("More").click()
    await page.getByLabel("Turned back by").fill("out-of-stock")
    await page.keyboard.press("Enter")
    await page.waitForURL(/reason=out-of-stock/)
    await picture(page, "sagas")
    await page.getByRole("link", { name: flow.compensated, exact: true }).click()
    await page.getByText("Turned back by out-of-stock").waitFor()
    await page.locator(".drawing text", { hasText: "refused: out-of-stock" }).first().waitFor()
    const timeline = page.getByRole("region", { name: "Timeline" })
    await timeline.getByText(/refused: reserve from inventory\/P11/).click()
    const opened = timeline.locator("details[open]")
    await opened.getByText(/partition \d, block/).waitFor()
    assert.doesNotMatch(await timeline.innerText(), /State after it/)
    await page.getByRole("link", { name: "Show payloads" }).click()
    await opened.getByText("State after it").waitFor()
    await picture(page, "compensated-order")
    await page.getByRole("link", { name: "Waterfall" }).click()
    await page.getByText(/undo: inventory.release/).first().waitFor()
    await picture(page, "waterfall")
    // The address alone shows the same again.
    const again = await page.context().newPage()
    await again.goto(page.url())
    await again.getByText(/undo: inventory.release/).first().waitFor()
    await page.context().close()
  })

  test("an order that stands still says why, is redriven from what is parked, and is seen to complete", async () => {
    const page = await open(`${base}/sagas/place-order/${flow.stuck}`, operatorToken)
    const why = page.getByRole("region", { name: "Why it is not finished" })
    await why.getByText(/the carrier's computer does not know Nowhere/).first().waitFor()
    await page.locator("h1").getByText("parked").waitFor()
    await picture(page, "parked-order")
    const watching = await page.context().newPage()
    await watching.goto(`${flow.url}${base}/parked`)
    await watching.getByRole("region", { name: "By cause" }).waitFor()
    await picture(watching, "parked")
    flow.mendCarrier()
    await watching.getByRole("link", { name: `place-order/${flow.stuck}` }).click()
    await watching.getByRole("button", { name: "Redrive" }).click()
    await picture(watching, "order-dialog")
    await order(watching, "Redrive")
    await watching.getByText("1 message redriven").waitFor()
    await page.bringToFront()
    await page.locator("h1").getByText("completed").waitFor()
    await page.getByRole("region", { name: "What was ordered" }).getByText("the carrier is back").waitFor()
    await picture(page, "completed-order")
    await page.context().close()
  })

  test("a parked command is shown, edited, and taken; the audit trail tells who did it", async () => {
    const page = await open(`${base}/parked?service=payment`, operatorToken)
    await page.getByRole("link", { name: /payment.charge VINET/ }).click()
    const payload = page.getByRole("textbox", { name: "Payload" })
    assert.match(await payload.inputValue(), /a lot/)
    await picture(page, "parked-command")
    await payload.fill(`{ "orderId": "by-hand", "cents": }`)
    await page.getByRole("button", { name: "Redrive with this payload" }).click()
    await page.getByText(/The payload is no JSON/).waitFor()
    await payload.fill(`{ "orderId": "by-hand", "cents": 1200 }`)
    await page.getByRole("button", { name: "Redrive with this payload" }).click()
    await order(page, "Redrive")
    await page.getByText("1 message redriven").waitFor()
    await page.getByText("SCHEMA_MISMATCH").first().waitFor({ state: "detached" })
    await picture(page, "parked-after")
    // What is left is the last try of the order that was resumed and is done.
    await page.getByLabel("Choose all").check()
    await page.getByRole("region", { name: "One by one" }).getByRole("button", { name: "Discard" }).click()
    await order(page, "Discard")
    await page.getByText("Nothing is parked").waitFor()
    const { state } = await flow.running.client.query("shipping", "Speedy Express")
    const shipped = await flow.countShipped("Speedy Express")
    assert.deepEqual(state, { booked: shipped })
    await page.goto(`${flow.url}${base}/audit`)
    await page.getByText("edited").waitFor()
    await picture(page, "audit")
    await page.context().close()
  })

  test("a viewer sees all of it, but payloads, and is offered no order", async () => {
    const page = await open(`${base}/sagas/place-order/${flow.compensated}`, viewerToken)
    await page.getByText("Viewer, read only").waitFor()
    await page.getByText("Turned back by out-of-stock").waitFor()
    await page.getByRole("region", { name: "Timeline" }).getByText(/command start/).waitFor()
    assert.equal(await page.getByRole("link", { name: "Show payloads" }).count(), 0)
    assert.equal(await page.getByRole("main").getByRole("button").count(), 0)
    await page.getByRole("button", { name: "Sign out" }).click()
    await page.getByLabel("Token").waitFor()
    await page.context().close()
  })

  test("the keyboard reaches every page and every row", async () => {
    const page = await open(base, operatorToken)
    await page.getByRole("heading", { name: "Overview" }).waitFor()
    await page.keyboard.press("?")
    await page.getByRole("dialog", { name: "Keys" }).waitFor()
    await picture(page, "keys")
    await page.keyboard.press("Escape")
    await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" })
    const pages = { p: "Parked", v: "Services", f: "Event flow", a: "Audit trail", s: "Sagas" }
    for (const [key, heading] of Object.entries(pages)) {
      await page.keyboard.press("g")
      await page.keyboard.press(key)
      await page.getByRole("heading", { name: heading, level: 1 }).waitFor()
      await page.locator("tbody, .empty").first().waitFor()
      await picture(page, heading.toLowerCase().replace(" ", "-"))
    }
    await page.keyboard.press("/")
    await page.keyboard.type("NW-1025*")
    await page.keyboard.press("Enter")
    await page.waitForURL(/text=NW-1025/)
    await page.getByText("10 fit the search").waitFor()
    await page.locator("h1").click()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    const first = page.locator("[data-row]").first()
    assert.ok(await first.evaluate((row) => row === document.activeElement))
    const key = await first.innerText()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: key, level: 1 }).waitFor()
    await page.context().close()
  })

  test("it is dark where the system is dark, and stays as somebody turned it", async () => {
    const page = await open(`${base}/sagas/place-order/${flow.compensated}`, operatorToken, { colorScheme: "dark" })
    await page.locator(".drawing text", { hasText: "refused: out-of-stock" }).first().waitFor()
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    assert.equal(await ground(), "rgb(18, 20, 25)")
    await picture(page, "compensated-order-dark")
    await page.goto(`${flow.url}${base}`)
    await page.getByRole("region", { name: "Health" }).waitFor()
    await picture(page, "overview-dark")
    await page.keyboard.press("t")
    assert.equal(await ground(), "rgb(247, 247, 245)")
    await page.reload()
    await page.getByRole("region", { name: "Health" }).waitFor()
    assert.equal(await ground(), "rgb(247, 247, 245)")
    await page.context().close()
  })

  test("what comes later moves nothing that is there", async () => {
    for (const path of ["", "/sagas", `/sagas/place-order/${flow.compensated}`]) {
      const page = await open(`${base}${path}`, operatorToken)
      await page.locator(".drawing text, table, .bar i").first().waitFor()
      const shifted = await page.evaluate(() => new Promise<number>((resolve) => {
        let sum = 0
        // cast: what is observed here has a value
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += (entry as { value?: number }).value ?? 0)))
          .observe({ type: "layout-shift", buffered: true })
        setTimeout(() => resolve(sum), 1_000)
      }))
      assert.ok(shifted < 0.1, `${path}: ${shifted}`)
      await page.context().close()
    }
  })

  test("no page asked another host, broke its own policy, or failed", () => {
    assert.deepEqual(complaints, [])
  })

  test("everything that can be pressed or filled has a name", async () => {
    for (const path of ["", "/sagas", "/parked", "/services", "/audit", `/sagas/place-order/${flow.stuck}`]) {
      const page = await open(`${base}${path}`, operatorToken)
      await page.locator("h1").waitFor()
      const nameless = await page.locator("a, button, input, select, textarea, summary").evaluateAll((all) =>
        all.filter((one) => {
          const labels = one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement ? one.labels : null
          const label = one.getAttribute("aria-label") ?? labels?.item(0)?.textContent ?? one.textContent
          return (label ?? "").trim() === ""
        }).map((one) => one.outerHTML))
      assert.deepEqual(nameless, [], path)
      await page.context().close()
    }
  })
})
