// The scaling curves as a user measures and draws them, on a tiny scale: how fast anything is, is not looked at.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import type { Scaling } from "../../bench/curves.ts"
import { readScalingOptions } from "../../bench/scaling-options.ts"
import type { TestContext } from "../support/nats-process.ts"

const slow = { timeout: 90_000 }

async function run(file: string, ...args: readonly string[]) {
  const path = fileURLToPath(new URL(`../../bench/${file}`, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  const pieces: string[] = []
  for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece))
  await once(child, "close")
  return { code: child.exitCode, text: pieces.join("") }
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-scaling-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function read(file: string): Promise<Scaling> {
  return JSON.parse(await readFile(file, "utf8")) as Scaling // cast: checked by the tests
}

test("a curve is measured at each of its points, on three servers too, told in a table, and drawn", slow, async (t) => {
  const folder = await folderOf(t)
  const file = join(folder, "scaling.json")
  const tiny = ["--in-flight", "4", "--warm-up-s", "0.2", "--measure-s", "0.8"]
  const { code, text } = await run("scaling.ts", "--curve", "replicas", ...tiny, "--json", file)
  assert.equal(code, 0, text)
  const { machine, curves } = await read(file)
  assert.match(machine.node, /^v\d+/)
  assert.deepEqual(curves.map(({ name, points }) => [name, points.map(({ x }) => x)]), [["replicas", [1, 3]]])
  const [one, three] = curves[0]!.points.map(({ result }) => result!)
  assert.ok(one!.perSecond > 0 && three!.perSecond > 0)
  assert.ok(three!.rssMiBByPart.server > 1.5 * one!.rssMiBByPart.server, "three servers take part")
  assert.match(text, /^replicas 3 +\d+/m)
  const drawing = await run("draw-scaling.ts", file, folder)
  assert.equal(drawing.code, 0, drawing.text)
  assert.match(await readFile(join(folder, "replicas.svg"), "utf8"), /<circle class="dot"/)
})

test("a point that breaks is told with its reason, kept in the file, drawn as a cross, and ends with 1", slow, async (t) => {
  const folder = await folderOf(t)
  const file = join(folder, "scaling.json")
  const { code, text } = await run(
    "scaling.ts", "--curve", "replicas", "--in-flight", "0", "--warm-up-s", "0", "--measure-s", "0.1", "--json", file,
  )
  assert.equal(code, 1, text)
  assert.match(text, /^broken: replicas 1: no saga ended while it was measured$/m)
  const points = (await read(file)).curves[0]!.points
  assert.deepEqual(points.map(({ broken }) => broken.length), [1, 1])
  await run("draw-scaling.ts", file, folder)
  assert.deepEqual((await readdir(folder)).toSorted(), ["replicas.svg", "scaling.json"])
  assert.match(await readFile(join(folder, "replicas.svg"), "utf8"), /<path class="broken"/)
})

test("a wrong command line ends with 2 and one sentence", slow, async () => {
  assert.deepEqual(await run("main.ts", "--mode", "fast"), { code: 2, text: "--mode is one of strict, default, not fast\n" })
  assert.deepEqual((await run("main.ts", "--fast")).code, 2)
  const curve = await run("scaling.ts", "--curve", "age")
  assert.equal(curve.text, "--curve is one of workers, partitions, open, payload, replicas, not age\n")
  assert.equal(curve.code, 2)
  assert.deepEqual((await run("draw-scaling.ts")).code, 2)
})

test("the curves have the points that are promised, and a million open sagas only on demand", () => {
  const pointsOf = (...args: readonly string[]) =>
    Object.fromEntries((readScalingOptions(args, 8)?.curves ?? []).map(({ name, points }) => [name, points]))
  assert.deepEqual(pointsOf(), {
    workers: [1, 2, 4],
    partitions: [1, 4, 8, 16, 64],
    open: [1_000, 10_000, 100_000],
    payload: [256, 1_024, 4_096, 16_384, 65_536],
    replicas: [1, 3],
  })
  assert.deepEqual(pointsOf("--curve", "open", "--large"), { open: [1_000, 10_000, 100_000, 1_000_000] })
})
