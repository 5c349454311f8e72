// The package as a user gets it: packed, unpacked into an empty project, run as plain JavaScript and type-checked.
// Everything happens in a temporary folder; only what package.json declares as a dependency is within its reach.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { after, before, test } from "node:test"
import { consumerCheck, consumerProgram, consumerTypes } from "./consumer.ts"

const root = resolve(import.meta.dirname, "../..")
const folder = mkdtempSync(join(tmpdir(), "troupe-pack-"))
const project = join(folder, "project")
const installed = join(project, "node_modules/troupe")

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>
  readonly bin?: Readonly<Record<string, string>>
}

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
  } catch (error) {
    // cast: execFileSync throws an error that carries what the command wrote
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

function readManifest(): Manifest {
  // cast: package.json has the fields that npm defines
  return JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Manifest
}

/** Packs a copy, so that a dist/ folder that somebody is using stays as it is. */
function packAndInstall(): void {
  const staging = join(folder, "staging")
  mkdirSync(staging)
  for (const name of ["package.json", "README.md", "LICENSE", "docs"].filter((name) => existsSync(join(root, name)))) {
    cpSync(join(root, name), join(staging, name), { recursive: true })
  }
  run(process.execPath, [join(root, ".ci/build.ts"), join(staging, "dist")], root)
  run("npm", ["pack", "--offline", "--ignore-scripts", "--loglevel=error"], staging)
  const [tarball] = globSync("*.tgz", { cwd: staging })
  assert.ok(tarball)
  mkdirSync(installed, { recursive: true })
  run("tar", ["-xzf", join(staging, tarball), "-C", installed, "--strip-components=1"], folder)
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "shop", private: true, type: "module" }))
  for (const name of Object.keys(readManifest().dependencies)) {
    mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true })
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name))
  }
}

before(packAndInstall)
after(() => rmSync(folder, { recursive: true, force: true }))

test("the package holds its build and its papers, and no source or test", () => {
  const files = globSync("**/*", { cwd: installed })
  for (const name of ["package.json", "README.md", "LICENSE"]) assert.ok(files.includes(name), `${name} is missing`)
  assert.deepEqual(
    files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")),
    [],
  )
  assert.deepEqual(
    files.filter((file) => /^(test|runtime|sagas|examples|bench|\.ci)\b/.test(file)),
    [],
  )
  const { exports, bin = {} } = readManifest()
  const promised = [...Object.values(exports).flatMap((entry) => [entry.types, entry.default]), ...Object.values(bin)]
  for (const file of promised) assert.ok(files.includes(file.replace(/^\.\//, "")), `${file} is promised and missing`)
})

test("the console's page comes built, and needs nothing from elsewhere", () => {
  const page = join(installed, "dist/runtime/console/page")
  const html = readFileSync(join(page, "index.html"), "utf8")
  const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path)
  assert.equal(assets.length, 3)
  for (const path of assets) assert.ok(existsSync(join(page, path)), path)
  assert.deepEqual(globSync("dist/runtime/console/web", { cwd: installed }), [])
})

test("no compiled file refers to a source file", () => {
  const reference = /["'`]\.{1,2}\/[^"'`\n]*\.ts["'`]/
  const found = globSync("dist/**/*.js", { cwd: installed }).filter((file) =>
    reference.test(readFileSync(join(installed, file), "utf8")),
  )
  assert.deepEqual(found, [])
})

test("an application of plain JavaScript runs on the package", () => {
  writeFileSync(join(project, "main.mjs"), consumerProgram)
  const printed: unknown = JSON.parse(run(process.execPath, ["main.mjs"], project))
  assert.deepEqual(printed, {
    command: { service: "inventory", key: "P11", name: "reserve", payload: { quantity: 2 } },
    fact: { name: "OrderPlaced", payload: { orderId: "o-1" } },
    refusal: { type: "refused", code: "out-of-stock", detail: null },
    start: { service: "place-order", key: "o-1", name: "start", payload: { orderId: "o-1" } },
    wrongPayload: "SchemaMismatch",
    testing: true,
    covered: ["reserve: refused"],
  })
})

test("the command that comes with it checks a saga of the application", () => {
  writeFileSync(join(project, "check.mjs"), consumerCheck)
  const command = readManifest().bin?.["troupe"]
  assert.ok(command)
  assert.match(run(process.execPath, [join(installed, command), "check", "check.mjs"], project), /\nplace-order .* ok\n$/)
})

test("an application in TypeScript is checked against the declarations, and its mistakes are found", () => {
  writeFileSync(join(project, "main.ts"), consumerTypes)
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2024",
        module: "nodenext",
        moduleResolution: "nodenext",
        types: [],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
      },
      files: ["main.ts"],
    }),
  )
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], project)
})
